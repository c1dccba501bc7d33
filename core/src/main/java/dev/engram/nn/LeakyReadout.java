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
  private final State r = zeroState();

  /**
   * @param tau time constant, in the unit of {@code dt}
   * @param dt length of a step
   */
  public LeakyReadout(int in, int out, double tau, double dt, RandomKey key, DType dtype) {
    Ranges.positive("LeakyReadout", "tau", tau);
    Ranges.positive("LeakyReadout", "dt", dt);
    super(in, out, dtype);
    W = new Linear(in, out, key, dtype);
    decay = Math.exp(-dt / tau);
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("LeakyReadout.update", "x", x);
    checkInput(x, r.value());
    return keep(r, r.value().mul(decay).add(W.update(x)));
  }
}
