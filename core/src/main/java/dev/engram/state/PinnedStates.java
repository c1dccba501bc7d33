package dev.engram.state;

import dev.engram.State;
import dev.engram.ir.Tensor;
import dev.engram.ir.runtime.PinnedTensors;
import dev.engram.lower.Device;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The values that states have at one moment, outside of all traces. No run writes to their memory
 * before they are let go.
 */
public final class PinnedStates implements AutoCloseable {
  private final PinnedTensors pinned;
  private final List<Tensor> values;
  private final long version;

  private PinnedStates(PinnedTensors pinned, List<Tensor> values, long version) {
    this.pinned = pinned;
    this.values = List.copyOf(values);
    this.version = version;
  }

  /**
   * The values of {@code states}, all of one version.
   *
   * @throws dev.engram.ir.TraceException when one has no value
   */
  public static PinnedStates of(Collection<State> states) {
    return StateSlot.settled(states, () -> pinned(states));
  }

  private static PinnedStates pinned(Collection<State> states) {
    List<Tensor> values = new ArrayList<>(states.size());
    for (State s : states) {
      values.add(StateSlot.of(s).lend());
    }
    return new PinnedStates(PinnedTensors.of(values), values, StateSlot.changes());
  }

  /**
   * Moves the values of these states to {@code device}, where they stay. The value of a fixed state
   * stays where it is.
   */
  public static void move(List<State> states, Device device) {
    try (PinnedStates now = of(states)) {
      for (int i = 0; i < states.size(); i++) {
        Tensor value = now.values.get(i);
        if (!device.holds(value)) {
          StateSlot.of(states.get(i)).move(value, device.place(value));
        }
      }
    }
  }

  /** One for each state, in the same order. */
  public List<Tensor> values() {
    return values;
  }

  /** {@link StateSlot#changes} at that moment. */
  public long version() {
    return version;
  }

  /** Lets the values go; once. */
  @Override
  public void close() {
    pinned.close();
  }
}
