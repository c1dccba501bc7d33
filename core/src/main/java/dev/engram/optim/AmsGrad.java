package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * AMSGrad (Reddi et al. 2018): {@link Adam} whose measure of size does not fall:
 *
 * <pre>
 *   m = β₁ m + (1-β₁) g
 *   v = β₂ v + (1-β₂) g²
 *   top = max(top, v/(1-β₂ᵗ))
 *   w = w - rate · (m/(1-β₁ᵗ) / (√top + ε) + decay · w)
 * </pre>
 *
 * <p>Both moments are corrected for their start at 0, v before the maximum is taken, as in Optax;
 * the paper corrects neither.
 */
public final class AmsGrad extends MomentOptimizer {
  private final Map<String, State> top = new LinkedHashMap<>();

  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  public AmsGrad(double rate) {
    this(LearningRate.constant(rate));
  }

  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  public AmsGrad(LearningRate rate) {
    this(rate, 0.9, 0.999, 1e-8, 0);
  }

  /**
   * @param beta1 from 0 to below 1
   * @param beta2 from 0 to below 1
   * @param epsilon at least 1e-37, so that it is not 0 in f32
   * @param decay see {@link Optimizer}
   */
  public AmsGrad(LearningRate rate, double beta1, double beta2, double epsilon, double decay) {
    super("AmsGrad", rate, beta1, beta2, epsilon, decay);
  }

  @Override
  protected void registered(String path, State weight) {
    super.registered(path, weight);
    top.put(path, moment(weight));
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    Tensor mean = mean(path, g);
    Tensor size = size(path, g.square());
    State most = top.get(path);
    most.set(most.value().max(unbiasedSize(size)));
    return quotient(unbiasedMean(mean), most.value());
  }
}
