package org.example.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.optim.LearningRate;
import dev.engram.optim.Optimizer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Quasi-hyperbolic momentum (Ma and Yarats 2019), between gradient descent, with share = 0, and
 * momentum, with share = 1:
 *
 * <pre>
 *   m = β m + (1-β) g
 *   w = w - rate · ((1-share) g + share · m/(1-βᵗ) + decay · w)
 * </pre>
 *
 * <p>Other than in the paper, m is corrected for its start at 0.
 */
public final class QuasiHyperbolic extends Optimizer {
  private final double beta;
  private final double share;
  private final Map<String, State> m = new LinkedHashMap<>();

  /**
   * @param beta from 0 to below 1; in the paper 0.999
   * @param share of the momentum, from 0 to 1; in the paper 0.7
   * @param decay see {@link Optimizer}
   */
  public QuasiHyperbolic(LearningRate rate, double beta, double share, double decay) {
    super(rate, decay);
    if (!(beta >= 0 && beta < 1 && share >= 0 && share <= 1)) {
      throw new TypeException(
          "QuasiHyperbolic: beta=%s, share=%s, expected 0 <= beta < 1 and 0 <= share <= 1"
              .formatted(beta, share));
    }
    this.beta = beta;
    this.share = share;
  }

  @Override
  protected void registered(String path, State weight) {
    m.put(path, moment(weight));
  }

  @Override
  protected Tensor direction(String path, Tensor weight, Tensor grad) {
    State mean = m.get(path);
    mean.set(mean.value().mul(beta).add(grad.mul(1 - beta)));
    Tensor t = updates(weight);
    Tensor known = t.like(1).sub(t.like(beta).pow(t));
    return grad.mul(1 - share).add(mean.value().div(known).mul(share));
  }
}
