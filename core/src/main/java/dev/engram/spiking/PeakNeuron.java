package dev.engram.spiking;

import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Ranges;

/** A neuron that spikes where its potential is above a peak, from which it is reset. */
abstract class PeakNeuron extends Neuron {
  private final double peak;
  private final Surrogate surrogate;
  final State v;

  /**
   * @param start initial potential
   */
  PeakNeuron(int size, double start, double peak, Surrogate surrogate, DType dtype) {
    super(size, dtype);
    this.peak = peak;
    this.surrogate = surrogate;
    this.v = startingAt(start);
  }

  @Override
  public final Tensor potential() {
    return v.value();
  }

  @Override
  public final Tensor spikes() {
    return surrogate.spike(v.value().sub(peak));
  }

  /** Checks a constant that is above others. */
  static void above(String who, String name, double value, String what, double low) {
    Ranges.in(
        who,
        name,
        value,
        "a finite number above " + what + ", " + low,
        x -> x > low && x < 1 / 0.0);
  }
}
