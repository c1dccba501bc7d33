package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;

/**
 * AdaBelief (Zhuang et al. 2020), whose steps are large where the gradient is as its mean says:
 *
 * <pre>
 *   m = β₁ m + (1-β₁) g
 *   v = β₂ v + (1-β₂) (g - m)² + ε
 *   w = w - rate · (m/(1-β₁ᵗ) / (√(v/(1-β₂ᵗ)) + ε) + decay · w)
 * </pre>
 */
public final class AdaBelief extends MomentOptimizer {
  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-16. */
  public AdaBelief(double rate) {
    this(LearningRate.constant(rate));
  }

  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-16. */
  public AdaBelief(LearningRate rate) {
    this(rate, 0.9, 0.999, 1e-16, 0);
  }

  /**
   * @param beta1 from 0 to below 1
   * @param beta2 from 0 to below 1
   * @param epsilon at least 1e-37, so that it is not 0 in f32
   * @param decay see {@link Optimizer}
   */
  public AdaBelief(LearningRate rate, double beta1, double beta2, double epsilon, double decay) {
    super("AdaBelief", rate, beta1, beta2, epsilon, decay);
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    Tensor mean = mean(path, g);
    State size = size(path);
    Tensor surprise = g.sub(mean).square();
    size.set(size.value().mul(beta2).add(surprise.mul(1 - beta2)).add(epsilon));
    return quotient(unbiasedMean(mean), unbiasedSize(size.value()));
  }
}
