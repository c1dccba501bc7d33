package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;

/**
 * Yogi (Zaheer et al. 2018): {@link Adam} whose measure of size grows and falls additively, so that
 * many small gradients do not make it forget a large one at once:
 *
 * <pre>
 *   m = β₁ m + (1-β₁) g
 *   v = v - (1-β₂) sign(v - g²) g²
 *   w = w - rate · (m/(1-β₁ᵗ) / (√(v/(1-β₂ᵗ)) + ε) + decay · w)
 * </pre>
 *
 * <p>Both moments start at 1e-6 and are corrected as in Adam, as in Optax; the paper corrects
 * neither, and starts m at 0.
 */
public final class Yogi extends MomentOptimizer {
  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-3. */
  public Yogi(double rate) {
    this(LearningRate.constant(rate));
  }

  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-3. */
  public Yogi(LearningRate rate) {
    this(rate, 0.9, 0.999, 1e-3, 0);
  }

  /**
   * @param beta1 from 0 to below 1
   * @param beta2 from 0 to below 1
   * @param epsilon at least 1e-37, so that it is not 0 in f32
   * @param decay see {@link Optimizer}
   */
  public Yogi(LearningRate rate, double beta1, double beta2, double epsilon, double decay) {
    super("Yogi", rate, beta1, beta2, epsilon, decay);
  }

  @Override
  double start() {
    return 1e-6;
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    Tensor mean = mean(path, g);
    State size = size(path);
    Tensor square = g.square();
    Tensor sign = size.value().sub(square).sign();
    size.set(size.value().sub(sign.mul(square).mul(1 - beta2)));
    return quotient(unbiasedMean(mean), unbiasedSize(size.value()));
  }
}
