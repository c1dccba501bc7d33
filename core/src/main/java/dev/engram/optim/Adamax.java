package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;

/**
 * Adamax (Kingma and Ba 2015, section 7.1): {@link Adam} with a maximum instead of a mean of
 * squares:
 *
 * <pre>
 *   m = β₁ m + (1-β₁) g
 *   v = max(β₂ v, |g| + ε)
 *   w = w - rate · (m/(1-β₁ᵗ) / v + decay · w)
 * </pre>
 *
 * <p>The paper has no ε, and so divides by 0 until the first gradient that is not 0.
 */
public final class Adamax extends MomentOptimizer {
  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  public Adamax(double rate) {
    this(LearningRate.constant(rate));
  }

  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  public Adamax(LearningRate rate) {
    this(rate, 0.9, 0.999, 1e-8, 0);
  }

  /**
   * @param beta1 from 0 to below 1
   * @param beta2 from 0 to below 1
   * @param epsilon at least 1e-37, so that it is not 0 in f32
   * @param decay see {@link Optimizer}
   */
  public Adamax(LearningRate rate, double beta1, double beta2, double epsilon, double decay) {
    super("Adamax", rate, beta1, beta2, epsilon, decay);
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    Tensor mean = mean(path, g);
    State size = size(path);
    size.set(size.value().mul(beta2).max(g.abs().add(epsilon)));
    return unbiasedMean(mean).div(size.value());
  }
}
