package dev.engram.optim;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Ranges;

/**
 * LAMB (You et al. 2020), for large batches: {@link Adam}'s step, with the length of each weight
 * tensor:
 *
 * <pre>
 *   m = β₁ m + (1-β₁) g
 *   v = β₂ v + (1-β₂) g²
 *   u = m/(1-β₁ᵗ) / (√(v/(1-β₂ᵗ)) + ε) + decay · w
 *   w = w - rate · ‖w‖/‖u‖ · u
 * </pre>
 *
 * <p>The norms are of the whole tensor; where one of them is 0 their ratio is 1.
 */
public final class Lamb extends MomentOptimizer {
  private final double decay;

  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-6, no decay. */
  public Lamb(double rate) {
    this(LearningRate.constant(rate), 0.9, 0.999, 1e-6, 0);
  }

  /**
   * @param beta1 from 0 to below 1
   * @param beta2 from 0 to below 1
   * @param epsilon at least 1e-37, so that it is not 0 in f32
   * @param decay within the step whose length is that of the weight, at least 0
   */
  public Lamb(LearningRate rate, double beta1, double beta2, double epsilon, double decay) {
    super("Lamb", rate, beta1, beta2, epsilon, 0);
    this.decay = Ranges.notNegative("Lamb", "decay", decay);
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    Tensor mean = mean(path, g);
    Tensor size = size(path, g.square());
    Tensor step = quotient(unbiasedMean(mean), unbiasedSize(size));
    Tensor u = decay == 0 ? step : step.add(w.mul(decay));
    return u.mul(TrustRatio.of(w, u, 1));
  }
}
