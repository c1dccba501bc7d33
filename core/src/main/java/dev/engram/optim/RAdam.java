package dev.engram.optim;

import dev.engram.ir.DType;
import dev.engram.ir.Tensor;

/**
 * RAdam, rectified Adam (Liu et al. 2020): {@link Adam} that starts as {@link Sgd} with momentum,
 * until there are enough gradients to tell their variance:
 *
 * <pre>
 *   m = β₁ m + (1-β₁) g
 *   v = β₂ v + (1-β₂) g²
 *   ρ∞ = 2/(1-β₂) - 1
 *   ρ = ρ∞ - 2 t β₂ᵗ/(1-β₂ᵗ)
 *   r = √((ρ-4) (ρ-2) ρ∞ / ((ρ∞-4) (ρ∞-2) ρ))
 *   w = w - rate · (r m/(1-β₁ᵗ) / (√(v/(1-β₂ᵗ)) + ε) + decay · w)   where ρ >= 5
 *   w = w - rate · (m/(1-β₁ᵗ) + decay · w)                          elsewhere
 * </pre>
 *
 * <p>The paper's threshold is ρ > 4; 5 is that of its authors' program, and of Optax.
 */
public final class RAdam extends MomentOptimizer {
  /** The ρ from which on the variance is known well enough. */
  private static final double KNOWN = 5;

  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  public RAdam(double rate) {
    this(LearningRate.constant(rate));
  }

  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  public RAdam(LearningRate rate) {
    this(rate, 0.9, 0.999, 1e-8, 0);
  }

  /**
   * @param beta1 from 0 to below 1
   * @param beta2 from 0 to below 1
   * @param epsilon at least 1e-37, so that it is not 0 in f32
   * @param decay see {@link Optimizer}
   */
  public RAdam(LearningRate rate, double beta1, double beta2, double epsilon, double decay) {
    super("RAdam", rate, beta1, beta2, epsilon, decay);
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    Tensor mean = unbiasedMean(mean(path, g));
    Tensor adam = quotient(mean, unbiasedSize(size(path, g.square())));
    // in f64: ρ is a difference of large numbers
    Tensor t = updates(DType.F64);
    double most = 2 / (1 - beta2) - 1;
    if (most < KNOWN) {
      return mean;
    }
    Tensor power = t.mul(Math.log(beta2)).exp();
    Tensor rho = t.mul(-2).mul(power).div(bias(beta2, t)).add(most);
    // where it is less, r is not used
    Tensor known = rho.clipMin(KNOWN);
    Tensor r =
        known
            .sub(4)
            .mul(known.sub(2))
            .mul(most / ((most - 4) * (most - 2)))
            .div(known)
            .sqrt()
            .cast(w.dtype());
    return rho.ge(KNOWN).select(adam.mul(r), mean);
  }
}
