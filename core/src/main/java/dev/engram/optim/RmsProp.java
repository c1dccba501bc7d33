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
 *   w = w - rate · m
 * </pre>
 */
public final class RmsProp extends Optimizer {
  private final double rho;
  private final double epsilon;
  private final double momentum;
  private final Map<String, State> v = new LinkedHashMap<>();
  private final Map<String, State> m = new LinkedHashMap<>();

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
    Given.given("RmsProp", "rate", rate);
    super(rate, decay);
    this.rho = Ranges.kept("RmsProp", "rho", rho);
    this.epsilon = Ranges.epsilon("RmsProp", epsilon);
    this.momentum = Ranges.kept("RmsProp", "momentum", momentum);
  }

  @Override
  void registered(String path, State weight) {
    v.put(path, moment(weight));
    if (momentum != 0) {
      m.put(path, moment(weight));
    }
  }

  @Override
  Tensor direction(String path, Tensor w, Tensor g) {
    State square = v.get(path);
    square.set(square.value().mul(rho).add(g.square().mul(1 - rho)));
    Tensor scaled = g.div(square.value().sqrt().add(epsilon));
    if (momentum == 0) {
      return scaled;
    }
    State mean = m.get(path);
    mean.set(mean.value().mul(momentum).add(scaled));
    return mean.value();
  }
}
