package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Lion (Chen et al. 2023):
 *
 * <pre>
 *   w = w - rate · (sign(β₁ m + (1-β₁) g) + decay · w)
 *   m = β₂ m + (1-β₂) g
 * </pre>
 */
public final class Lion extends Optimizer {
  private final double beta1;
  private final double beta2;
  private final Map<String, State> m = new LinkedHashMap<>();

  /** β₁ = 0.9, β₂ = 0.99, no decay. */
  public Lion(double rate) {
    this(LearningRate.constant(rate), 0.9, 0.99, 0);
  }

  /**
   * @param beta1 from 0 to below 1
   * @param beta2 from 0 to below 1
   * @param decay see {@link Optimizer}
   */
  public Lion(LearningRate rate, double beta1, double beta2, double decay) {
    Given.given("Lion", "rate", rate);
    super(rate, decay);
    this.beta1 = Ranges.kept("Lion", "beta1", beta1);
    this.beta2 = Ranges.kept("Lion", "beta2", beta2);
  }

  @Override
  protected void registered(String path, State weight) {
    m.put(path, moment(weight));
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    State mean = m.get(path);
    Tensor direction = mean.value().mul(beta1).add(g.mul(1 - beta1)).sign();
    mean.set(mean.value().mul(beta2).add(g.mul(1 - beta2)));
    return direction;
  }
}
