package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;

/**
 * Fromage (Bernstein et al. 2020): each step of a weight tensor has the length {@code rate · ‖w‖},
 * and the tensor is shrunk so that it does not grow by that:
 *
 * <pre>
 *   w = (w - rate · ‖w‖/‖g‖ · g) / √(1 + rate²)
 * </pre>
 *
 * <p>The norms are of the whole tensor; where one of them is 0 their ratio is 1.
 */
public final class Fromage extends Optimizer {
  /** At a constant rate. */
  public Fromage(double rate) {
    this(LearningRate.constant(rate));
  }

  /** At a rate that may change from update to update. */
  public Fromage(LearningRate rate) {
    super(rate, 0);
  }

  @Override
  protected void registered(String path, State weight) {}

  // with s = √(1 + rate²): (w - rate · u)/s = w - rate · (u/s + w · rate/(s (s + 1)))
  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    Tensor rate = rate(w);
    Tensor s = rate.square().add(1).sqrt();
    Tensor shrinking = w.mul(rate.div(s.mul(s.add(1))));
    return g.mul(TrustRatio.of(w, g, 1)).div(s).add(shrinking);
  }
}
