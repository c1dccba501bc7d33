package dev.engram.optim;

import dev.engram.ir.Tensor;

/**
 * NAdam, Adam with Nesterov's momentum (Dozat 2016):
 *
 * <pre>
 *   m = β₁ m + (1-β₁) g
 *   v = β₂ v + (1-β₂) g²
 *   w = w - rate · ((β₁ m/(1-β₁ᵗ⁺¹) + (1-β₁) g/(1-β₁ᵗ)) / (√(v/(1-β₂ᵗ)) + ε) + decay · w)
 * </pre>
 *
 * <p>β₁ does not follow a schedule, and v is corrected as in {@link Adam}, without the further
 * factor β₂ of the paper's algorithm 2.
 */
public final class NAdam extends MomentOptimizer {
  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  public NAdam(double rate) {
    this(LearningRate.constant(rate));
  }

  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  public NAdam(LearningRate rate) {
    this(rate, 0.9, 0.999, 1e-8, 0);
  }

  /**
   * @param beta1 from 0 to below 1
   * @param beta2 from 0 to below 1
   * @param epsilon at least 1e-37, so that it is not 0 in f32
   * @param decay see {@link Optimizer}
   */
  public NAdam(LearningRate rate, double beta1, double beta2, double epsilon, double decay) {
    super("NAdam", rate, beta1, beta2, epsilon, decay);
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    Tensor mean = mean(path, g);
    Tensor size = size(path, g.square());
    return quotient(ahead(mean, g), unbiasedSize(size));
  }
}
