package dev.engram.optim;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/**
 * Adam (Kingma and Ba 2015), and with a decay AdamW (Loshchilov and Hutter 2019):
 *
 * <pre>
 *   m = β₁ m + (1-β₁) g
 *   v = β₂ v + (1-β₂) g²
 *   w = w - rate · (m/(1-β₁ᵗ) / (√(v/(1-β₂ᵗ)) + ε) + decay · w)
 * </pre>
 *
 * <p>A gradient beyond 1.8e19, whose square overflows f32, makes v infinite and stops the weight
 * for good; {@link GradientTransforms} limits gradients, {@link LossScale} skips such steps.
 */
public final class Adam extends MomentOptimizer {
  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  public Adam(double rate) {
    this(rate, 0.9, 0.999, 1e-8);
  }

  /**
   * At a constant rate, without decay; see {@link #Adam(LearningRate, double, double, double,
   * double)}.
   */
  public Adam(double rate, double beta1, double beta2, double epsilon) {
    this(LearningRate.constant(rate), beta1, beta2, epsilon, 0);
  }

  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  public Adam(LearningRate rate) {
    this(rate, 0.9, 0.999, 1e-8, 0);
  }

  /**
   * @param beta1 from 0 to below 1
   * @param beta2 from 0 to below 1
   * @param epsilon at least 1e-37, so that it is not 0 in f32
   * @param decay see {@link Optimizer}
   */
  public Adam(LearningRate rate, double beta1, double beta2, double epsilon, double decay) {
    Given.given("Adam", "rate", rate);
    super("Adam", rate, beta1, beta2, epsilon, decay);
  }

  /** AdamW at a constant rate: β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  public static Adam withDecay(double rate, double decay) {
    return withDecay(LearningRate.constant(rate), decay);
  }

  /** AdamW: β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  public static Adam withDecay(LearningRate rate, double decay) {
    return new Adam(rate, 0.9, 0.999, 1e-8, decay);
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    Tensor mean = mean(path, g);
    Tensor size = size(path, g.square());
    return quotient(unbiasedMean(mean), unbiasedSize(size));
  }
}
