package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * RMSprop (Tieleman and Hinton 2012), with momentum as in Graves (2013):
 *
 * <pre>
 *   v = ρ v + (1-ρ) g²
 *   m = μ m + g / (√v + ε)
 *   w = w - rate · (m + decay · w)
 * </pre>
 *
 * <p>Centered (Graves 2013), v is the variance of the gradients instead of the mean of their
 * squares: with {@code c = ρ c + (1-ρ) g}, {@code v = ρ v + ρ (1-ρ) (g - c)²}, where c is the one
 * before the update. It is {@code mean(g²) - c²}, without the difference.
 */
public final class RmsProp extends Optimizer {
  private final double rho;
  private final double epsilon;
  private final double momentum;
  private final boolean centered;
  private final Map<String, State> v = new LinkedHashMap<>();
  private final Map<String, State> m = new LinkedHashMap<>();
  private final Map<String, State> c = new LinkedHashMap<>();

  /** ρ = 0.9, ε = 1e-8, no momentum. */
  public RmsProp(double rate) {
    this(LearningRate.constant(rate), 0.9, 1e-8, 0, 0);
  }

  /**
   * @param rho from 0 to below 1
   * @param epsilon at least 1e-37, so that it is not 0 in f32
   * @param momentum from 0 to below 1; 0 for none
   * @param decay see {@link Optimizer}
   */
  public RmsProp(LearningRate rate, double rho, double epsilon, double momentum, double decay) {
    this(rate, rho, epsilon, momentum, decay, false);
  }

  private RmsProp(
      LearningRate rate,
      double rho,
      double epsilon,
      double momentum,
      double decay,
      boolean centered) {
    Given.given("RmsProp", "rate", rate);
    super(rate, decay);
    this.centered = centered;
    this.rho = Ranges.kept("RmsProp", "rho", rho);
    this.epsilon = Ranges.epsilon("RmsProp", epsilon);
    this.momentum = Ranges.kept("RmsProp", "momentum", momentum);
  }

  /**
   * The centered variant; parameters as of the constructor.
   *
   * @param rho from 0 to below 1
   * @param epsilon at least 1e-37, so that it is not 0 in f32
   * @param momentum from 0 to below 1; 0 for none
   * @param decay see {@link Optimizer}
   */
  public static RmsProp centered(
      LearningRate rate, double rho, double epsilon, double momentum, double decay) {
    return new RmsProp(rate, rho, epsilon, momentum, decay, true);
  }

  @Override
  protected void registered(String path, State weight) {
    v.put(path, moment(weight));
    if (momentum != 0) {
      m.put(path, moment(weight));
    }
    if (centered) {
      c.put(path, moment(weight));
    }
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    Tensor scaled = g.div(size(path, g).sqrt().add(epsilon));
    if (momentum == 0) {
      return scaled;
    }
    State mean = m.get(path);
    mean.set(mean.value().mul(momentum).add(scaled));
    return mean.value();
  }

  private Tensor size(String path, Tensor g) {
    State size = v.get(path);
    Tensor kept = size.value().mul(rho);
    if (centered) {
      State mean = c.get(path);
      size.set(kept.add(g.sub(mean.value()).square().mul(rho * (1 - rho))));
      mean.set(mean.value().mul(rho).add(g.mul(1 - rho)));
    } else {
      size.set(kept.add(g.square().mul(1 - rho)));
    }
    return size.value();
  }
}
