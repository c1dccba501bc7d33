package dev.engram.spiking;

import dev.engram.Layer;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;

/**
 * Short-term plasticity: synapses whose strength depends on recent activity. A step takes the
 * presynaptic spikes, {@code [size]}, and returns what each neuron releases, zero where there is no
 * spike.
 */
public abstract sealed class Plasticity extends Layer {
  private final TensorType type;

  private Plasticity(int size, DType dtype) {
    type = TensorType.of(dtype, Ranges.atLeastOne(getClass().getSimpleName(), "size", size));
  }

  final State startingAt(double value) {
    return hidden(() -> HostTensor.full(type, value));
  }

  // value + (x - value) decay
  private static Tensor towards(double value, Tensor x, double decay) {
    return x.sub(value).mul(decay).add(value);
  }

  /**
   * Facilitation and depression (Tsodyks, Pawelzik and Markram 1998). Between spikes u returns to U
   * with {@code tauFacilitation}, x to 1 with {@code tauDepression}; at a spike {@code u ← u + U
   * (1-u)}, the release is {@code u x}, and {@code x ← x - u x}. States: {@code u}, {@code x}.
   */
  public static final class ShortTerm extends Plasticity {
    private final double use;
    private final double keptU;
    private final double keptX;
    private final State u;
    private final State x;

    /**
     * @param use U, the fraction of the resources that a first spike uses
     */
    public ShortTerm(
        int size,
        double use,
        double tauFacilitation,
        double tauDepression,
        double dt,
        DType dtype) {
      super(size, dtype);
      this.use = Ranges.share("ShortTerm", "use", use);
      Ranges.positive("ShortTerm", "tauFacilitation", tauFacilitation);
      Ranges.positive("ShortTerm", "tauDepression", tauDepression);
      Ranges.positive("ShortTerm", "dt", dt);
      this.keptU = Math.exp(-dt / tauFacilitation);
      this.keptX = Math.exp(-dt / tauDepression);
      this.u = startingAt(use);
      this.x = startingAt(1);
    }

    @Override
    public Tensor update(Tensor spikes) {
      Given.given("ShortTerm.update", "spikes", spikes);
      Tensor before = towards(use, u.value(), keptU);
      Tensor used = before.add(spikes.mul(before.neg().add(1)).mul(use));
      Tensor left = towards(1, x.value(), keptX);
      Tensor released = spikes.mul(used).mul(left);
      u.set(used);
      x.set(left.sub(released));
      return released;
    }
  }

  /**
   * Depression only (Abbott et al. 1997): x returns to 1 with {@code tau}; at a spike the release
   * is {@code U x}, and {@code x ← x - U x}. State: {@code x}.
   */
  public static final class Depression extends Plasticity {
    private final double use;
    private final double kept;
    private final State x;

    /**
     * @param use U, the fraction of the resources that a spike uses
     */
    public Depression(int size, double use, double tau, double dt, DType dtype) {
      super(size, dtype);
      this.use = Ranges.share("Depression", "use", use);
      Ranges.positive("Depression", "tau", tau);
      Ranges.positive("Depression", "dt", dt);
      this.kept = Math.exp(-dt / tau);
      this.x = startingAt(1);
    }

    @Override
    public Tensor update(Tensor spikes) {
      Given.given("Depression.update", "spikes", spikes);
      Tensor left = towards(1, x.value(), kept);
      Tensor released = spikes.mul(left).mul(use);
      x.set(left.sub(released));
      return released;
    }
  }
}
