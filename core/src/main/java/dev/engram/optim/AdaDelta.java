package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Ranges;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * AdaDelta (Zeiler 2012), whose steps have the unit of the weight:
 *
 * <pre>
 *   v = ρ v + (1-ρ) g²
 *   u = √(x + ε) / √(v + ε) · g
 *   x = ρ x + (1-ρ) u²
 *   w = w - rate · (u + decay · w)
 * </pre>
 *
 * <p>The paper's rate is 1.
 */
public final class AdaDelta extends Optimizer {
  private final double rho;
  private final double epsilon;
  private final Map<String, State> v = new LinkedHashMap<>();
  private final Map<String, State> x = new LinkedHashMap<>();

  /** ρ = 0.9, ε = 1e-6. */
  public AdaDelta(double rate) {
    this(LearningRate.constant(rate), 0.9, 1e-6, 0);
  }

  /**
   * @param rho from 0 to below 1
   * @param epsilon at least 1e-37, so that it is not 0 in f32; the first steps are about its root
   * @param decay see {@link Optimizer}
   */
  public AdaDelta(LearningRate rate, double rho, double epsilon, double decay) {
    super(rate, decay);
    this.rho = Ranges.kept("AdaDelta", "rho", rho);
    this.epsilon = Ranges.epsilon("AdaDelta", epsilon);
  }

  @Override
  protected void registered(String path, State weight) {
    v.put(path, moment(weight));
    x.put(path, moment(weight));
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    State square = v.get(path);
    State steps = x.get(path);
    square.set(square.value().mul(rho).add(g.square().mul(1 - rho)));
    Tensor below = square.value().add(epsilon).sqrt();
    Tensor u = steps.value().add(epsilon).sqrt().div(below).mul(g);
    steps.set(steps.value().mul(rho).add(u.square().mul(1 - rho)));
    return u;
  }
}
