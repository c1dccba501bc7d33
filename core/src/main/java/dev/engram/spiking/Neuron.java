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
import java.util.Optional;

/**
 * A population of spiking neurons. A step resets those that spiked at the end of the last one,
 * integrates the input, and returns the spikes of the new potential. So spikes are a function of
 * the states, {@link #spikes}.
 *
 * <p>A neuron of your own makes its states with {@link #startingAt}, and defines {@link
 * #potential}, {@link #spikes} by a {@link Surrogate}, and {@link #step}. It then works wherever
 * those of the library do, such as in {@link RecurrentSpikes}.
 */
public abstract class Neuron extends Layer {
  private final int size;
  private final DType dtype;

  /**
   * @param size number of neurons, at least 1
   * @param dtype of states, currents and spikes
   */
  protected Neuron(int size, DType dtype) {
    if (size < 1) {
      throw new TypeException(
          getClass().getSimpleName()
              + ": size="
              + size
              + ", expected at least 1 ("
              + SourceLocation.here()
              + ")");
    }
    this.size = size;
    this.dtype = dtype;
  }

  /** Returns the number of neurons. */
  public final int size() {
    return size;
  }

  /** Returns the element type of states, currents and spikes. */
  public final DType dtype() {
    return dtype;
  }

  /** Makes a hidden state with one element per neuron, initially {@code value}. */
  protected final State startingAt(double value) {
    TensorType type = TensorType.of(dtype, size);
    return hidden(() -> HostTensor.full(type, value));
  }

  /** Returns the membrane potential. */
  public abstract Tensor potential();

  /** Returns 1 for each neuron whose current potential makes it spike, else 0. */
  public abstract Tensor spikes();

  /**
   * Runs one step: sets the states from those at its start and the input, and returns the spikes at
   * its end, {@link #spikes}. The input has been checked.
   *
   * @param current {@code [size]}; empty for none
   * @param jump by which the potential rises at the end of the step, {@code [size]}; empty for none
   */
  protected abstract Tensor step(Optional<Tensor> current, Optional<Tensor> jump);

  /**
   * {@code v} where there is no spike, {@code to} where there is one; no derivative passes through
   * the spikes.
   *
   * @param spikes 1 or 0, of the shape of {@code v}
   */
  protected static Tensor reset(Tensor v, Tensor spikes, double to) {
    Given.given("Neuron.reset", "v", v);
    Given.given("Neuron.reset", "spikes", spikes);
    Tensor fired = spikes.stopGradient();
    Tensor kept = v.mul(fired.neg().add(1));
    return to == 0 ? kept : kept.add(fired.mul(to));
  }

  /**
   * Runs one step with an input current.
   *
   * @param current {@code [size]}
   * @return spikes, {@code [size]}
   */
  @Override
  public final Tensor update(Tensor current) {
    Given.given("Neuron.update", "current", current);
    return spiked(step(Optional.of(checked(current)), Optional.empty()));
  }

  /**
   * Runs one step at whose end the potential jumps by {@code jump}, as with delta synapses.
   *
   * @param jump {@code [size]}
   * @return spikes, {@code [size]}
   */
  public final Tensor jump(Tensor jump) {
    Given.given("Neuron.jump", "jump", jump);
    return spiked(step(Optional.empty(), Optional.of(checked(jump))));
  }

  /** Runs one step with an input current and a jump. */
  public final Tensor update(Tensor current, Tensor jump) {
    Given.given("Neuron.update", "current", current);
    Given.given("Neuron.update", "jump", jump);
    return spiked(step(Optional.of(checked(current)), Optional.of(checked(jump))));
  }

  private Tensor spiked(Tensor spikes) {
    TensorType want = potential().type();
    if (!spikes.type().equals(want)) {
      throw new TypeException(
          "%s.step: its spikes have type %s, expected %s, that of the potential (%s); make them with surrogate.spike(v - threshold)"
              .formatted(getClass().getSimpleName(), spikes.type(), want, SourceLocation.here()));
    }
    return spikes;
  }

  private Tensor checked(Tensor x) {
    TensorType want = potential().type();
    if (!x.type().equals(want)) {
      String fix =
          x.rank() == want.rank() + 1
              ? "; call initAllStates(" + x.dim(0) + "), or wrap the model in a Vmap"
              : "";
      throw new TypeException(
          getClass().getSimpleName()
              + ": the input has type "
              + x.type()
              + ", expected "
              + want
              + " ("
              + SourceLocation.here()
              + ")"
              + fix);
    }
    return x;
  }
}
