package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;

/**
 * A readout of rates from spikes: {@code r = e^(-dt/tau) r + W x}. States: {@code W}, {@code r
 * [hidden]}. The recurrence is diagonal, so D-RTRL is exact.
 */
public final class LeakyReadout extends Cell {
  private final Linear W;
  private final double decay;
  private final State r = state("r");

  /**
   * @param tau time constant, in the unit of {@code dt}
   * @param dt length of a step
   */
  public LeakyReadout(int in, int out, double tau, double dt, RandomKey key, DType dtype) {
    this(in, out, tau, dt, key, CellOptions.standard().withType(dtype));
  }

  /**
   * @param tau time constant, in the unit of {@code dt}
   * @param dt length of a step
   * @param options weights by {@link Initializer#heNormal} where they have no initializer
   */
  public LeakyReadout(int in, int out, double tau, double dt, RandomKey key, CellOptions options) {
    Ranges.positive("LeakyReadout", "tau", tau);
    Ranges.positive("LeakyReadout", "dt", dt);
    super(in, out, options);
    W = ofInput(key, Initializer.heNormal());
    decay = Math.exp(-dt / tau);
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("LeakyReadout.update", "x", x);
    Tensor before = old(r);
    checkInput(x, before);
    return keep(r, before.mul(decay).add(W.update(x)));
  }
}
