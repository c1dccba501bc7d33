package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Stochastic gradient descent: {@code v = μ v + g}, {@code w = w - rate · v}; with Nesterov's
 * momentum {@code w = w - rate · (μ v + g)} (Sutskever et al. 2013).
 */
public final class Sgd extends Optimizer {
  private final double momentum;
  private final boolean nesterov;
  private final Map<String, State> velocity = new LinkedHashMap<>();

  /** Without momentum. */
  public Sgd(double rate) {
    this(rate, 0);
  }

  /**
   * At a constant rate.
   *
   * @param momentum from 0 to below 1; 0 for none
   */
  public Sgd(double rate, double momentum) {
    this(LearningRate.constant(rate), momentum, false, 0);
  }

  /**
   * @param momentum from 0 to below 1; 0 for none
   * @param nesterov whether to use Nesterov's momentum
   * @param decay see {@link Optimizer}
   */
  public Sgd(LearningRate rate, double momentum, boolean nesterov, double decay) {
    Given.given("Sgd", "rate", rate);
    super(rate, decay);
    this.momentum = Ranges.kept("Sgd", "momentum", momentum);
    this.nesterov = nesterov;
  }

  @Override
  protected void registered(String path, State weight) {
    if (momentum != 0) {
      velocity.put(path, moment(weight));
    }
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    if (momentum == 0) {
      return g;
    }
    State v = velocity.get(path);
    v.set(v.value().mul(momentum).add(g));
    return nesterov ? v.value().mul(momentum).add(g) : v.value();
  }
}
