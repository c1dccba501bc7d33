package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.LinkedHashMap;
import java.util.Map;

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
public final class Adam extends Optimizer {
  private final double beta1;
  private final double beta2;
  private final double epsilon;
  private final Map<String, State> m = new LinkedHashMap<>();
  private final Map<String, State> v = new LinkedHashMap<>();

  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  public Adam(double rate) {
    this(rate, 0.9, 0.999, 1e-8);
  }

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
    super(rate, decay);
    this.beta1 = Ranges.kept("Adam", "beta1", beta1);
    this.beta2 = Ranges.kept("Adam", "beta2", beta2);
    this.epsilon = Ranges.epsilon("Adam", epsilon);
  }

  /** AdamW: β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  public static Adam withDecay(LearningRate rate, double decay) {
    return new Adam(rate, 0.9, 0.999, 1e-8, decay);
  }

  @Override
  void registered(String path, State weight) {
    m.put(path, moment(weight));
    v.put(path, moment(weight));
  }

  @Override
  Tensor direction(String path, Tensor w, Tensor g) {
    Tensor t = updates(w);
    State first = m.get(path);
    State second = v.get(path);
    first.set(first.value().mul(beta1).add(g.mul(1 - beta1)));
    second.set(second.value().mul(beta2).add(g.square().mul(1 - beta2)));
    Tensor mean = first.value().div(bias(beta1, t));
    Tensor deviation = second.value().div(bias(beta2, t)).sqrt();
    return mean.div(deviation.add(epsilon));
  }

  // 1 - βᵗ = -(e^(t ln β) - 1), which does not cancel where β is close to 1
  private static Tensor bias(double beta, Tensor t) {
    return beta == 0 ? t.like(1) : t.mul(Math.log(beta)).expm1().neg();
  }
}
