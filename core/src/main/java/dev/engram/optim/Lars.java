package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Ranges;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * LARS (You et al. 2017), for large batches: gradient descent with momentum, where each step of a
 * weight tensor has a length in proportion to the tensor's:
 *
 * <pre>
 *   u = g + decay · w
 *   v = μ v + trust · ‖w‖/‖u‖ · u
 *   w = w - rate · v
 * </pre>
 *
 * <p>The norms are of the whole tensor; where one of them is 0, {@code trust · ‖w‖/‖u‖} is 1. The
 * paper has the rate within the momentum, which is the same while the rate is constant.
 */
public final class Lars extends Optimizer {
  private final double momentum;
  private final double trust;
  private final double decay;
  private final Map<String, State> velocity = new LinkedHashMap<>();

  /** Momentum 0.9, trust 0.001, no decay. */
  public Lars(double rate) {
    this(LearningRate.constant(rate), 0.9, 0.001, 0);
  }

  /**
   * @param momentum from 0 to below 1; 0 for none
   * @param trust length of a step in proportion to the weight's, above 0
   * @param decay within the step whose length is that of the weight, at least 0
   */
  public Lars(LearningRate rate, double momentum, double trust, double decay) {
    super(rate, 0);
    this.momentum = Ranges.kept("Lars", "momentum", momentum);
    this.trust = Ranges.positive("Lars", "trust", trust);
    this.decay = Ranges.notNegative("Lars", "decay", decay);
  }

  @Override
  protected void registered(String path, State weight) {
    if (momentum != 0) {
      velocity.put(path, moment(weight));
    }
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    Tensor u = decay == 0 ? g : g.add(w.mul(decay));
    Tensor scaled = u.mul(TrustRatio.of(w, u, trust));
    if (momentum == 0) {
      return scaled;
    }
    State v = velocity.get(path);
    v.set(v.value().mul(momentum).add(scaled));
    return v.value();
  }
}
