package dev.engram.spiking;

import dev.engram.Layer;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;

/**
 * The time course of the response to spikes: a step takes the summed weights of the arriving
 * spikes, {@code [size]}, and returns a current or conductance, {@code [size]}. Its recurrence is
 * linear and diagonal, so D-RTRL is exact through it.
 *
 * <p>A synapse of your own makes its states with {@link #zero} and defines {@link #update}. It then
 * works wherever those of the library do, such as in {@link RecurrentSpikes}.
 */
public abstract class Synapse extends Layer {
  private final TensorType type;

  /**
   * @param size number of elements of input and output, at least 1
   */
  protected Synapse(int size, DType dtype) {
    Given.given("Synapse", "dtype", dtype);
    type = TensorType.of(dtype, Ranges.atLeastOne(getClass().getSimpleName(), "size", size));
  }

  /** Returns the number of elements of input and output. */
  public final int size() {
    return type.shape().dim(0);
  }

  /** Makes a hidden state {@code [size]} that starts at zero. */
  protected final State zero() {
    return hidden(() -> HostTensor.full(type, 0));
  }

  private static double decay(String synapse, String name, double tau, double dt) {
    Ranges.positive(synapse, "dt", dt);
    return Math.exp(-dt / Ranges.positive(synapse, name, tau));
  }

  /** {@code g ← e^(-dt/tau) g + x}: a spike yields {@code e^(-t/tau)}. State: {@code g}. */
  public static final class Exponential extends Synapse {
    private final double decay;
    private final State g = zero();

    /**
     * @param tau time constant of the decay, in the unit of {@code dt}
     * @param dt length of a step
     */
    public Exponential(int size, double tau, double dt, DType dtype) {
      super(size, dtype);
      decay = decay("Exponential", "tau", tau, dt);
    }

    @Override
    public Tensor update(Tensor x) {
      Given.given("Exponential.update", "x", x);
      Tensor next = g.value().mul(decay).add(x);
      g.set(next);
      return next;
    }
  }

  /**
   * A spike gives {@code t/tau e^(-t/tau)}, which is greatest, {@code 1/e}, at {@code t = tau}:
   * {@code g ← e^(-dt/tau) (g + dt/tau h)}, {@code h ← e^(-dt/tau) h + x}. States: {@code g},
   * {@code h}.
   */
  public static final class Alpha extends Synapse {
    private final double decay;
    private final double step;
    private final State g = zero();
    private final State h = zero();

    /**
     * @param tau time of the greatest value after a spike, in the unit of {@code dt}
     * @param dt length of a step
     */
    public Alpha(int size, double tau, double dt, DType dtype) {
      super(size, dtype);
      decay = decay("Alpha", "tau", tau, dt);
      step = dt / tau;
    }

    @Override
    public Tensor update(Tensor x) {
      Given.given("Alpha.update", "x", x);
      Tensor next = g.value().add(h.value().mul(step)).mul(decay);
      h.set(h.value().mul(decay).add(x));
      g.set(next);
      return next;
    }
  }

  /**
   * A spike gives {@code scale (e^(-t/decay) - e^(-t/rise))}, with the scale for which the greatest
   * value is 1. States: {@code slow}, {@code fast}.
   */
  public static final class DoubleExponential extends Synapse {
    private final double slowDecay;
    private final double fastDecay;
    private final double scale;
    private final State slow = zero();
    private final State fast = zero();

    /**
     * @param rise less than {@code decay}
     */
    public DoubleExponential(int size, double rise, double decay, double dt, DType dtype) {
      super(size, dtype);
      slowDecay = decay("DoubleExponential", "decay", decay, dt);
      fastDecay = decay("DoubleExponential", "rise", rise, dt);
      if (rise >= decay) {
        throw new TypeException(
            "DoubleExponential: rise="
                + rise
                + ", decay="
                + decay
                + ", expected rise < decay ("
                + SourceLocation.here()
                + ")");
      }
      double peak = rise * decay / (decay - rise) * Math.log(decay / rise);
      scale = 1 / (Math.exp(-peak / decay) - Math.exp(-peak / rise));
    }

    @Override
    public Tensor update(Tensor x) {
      Given.given("DoubleExponential.update", "x", x);
      slow.set(slow.value().mul(slowDecay).add(x));
      fast.set(fast.value().mul(fastDecay).add(x));
      return slow.value().sub(fast.value()).mul(scale);
    }
  }
}
