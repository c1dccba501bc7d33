package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Ranges;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Descent by the signs of the gradient, and with momentum Signum (Bernstein et al. 2018): {@code m
 * = μ m + (1-μ) g}, {@code w = w - rate · (sign(m) + decay · w)}. An element whose m is 0 stays.
 */
public final class SignSgd extends Optimizer {
  private final double momentum;
  private final Map<String, State> m = new LinkedHashMap<>();

  /** Without momentum and decay. */
  public SignSgd(double rate) {
    this(LearningRate.constant(rate), 0, 0);
  }

  /**
   * @param momentum from 0 to below 1; 0 for none
   * @param decay see {@link Optimizer}
   */
  public SignSgd(LearningRate rate, double momentum, double decay) {
    super(rate, decay);
    this.momentum = Ranges.kept("SignSgd", "momentum", momentum);
  }

  @Override
  protected void registered(String path, State weight) {
    if (momentum != 0) {
      m.put(path, moment(weight));
    }
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    if (momentum == 0) {
      return g.sign();
    }
    State mean = m.get(path);
    mean.set(mean.value().mul(momentum).add(g.mul(1 - momentum)));
    return mean.value().sign();
  }
}
