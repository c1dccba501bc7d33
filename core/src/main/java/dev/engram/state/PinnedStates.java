package dev.engram.state;

import dev.engram.ir.Tensor;
import dev.engram.ir.runtime.PinnedTensors;
import dev.engram.lower.Device;
import java.util.ArrayList;
import java.util.Collections;
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
    this.values = Collections.unmodifiableList(values);
    this.version = version;
  }

  /**
   * The values of {@code states}, all of one version.
   *
   * @throws dev.engram.ir.TraceException when one has no value
   */
  public static PinnedStates of(List<StateSlot> states) {
    return Publication.settled(states, () -> now(states));
  }

  /** The same, only while they are {@link Publication#settled settled}. */
  public static PinnedStates now(List<StateSlot> states) {
    List<Tensor> values = new ArrayList<>(states.size());
    for (int i = 0; i < states.size(); i++) {
      values.add(states.get(i).lend());
    }
    return new PinnedStates(PinnedTensors.of(values), values, Publication.changes());
  }

  /**
   * Moves the values of these states to {@code device}, where they stay. The value of a fixed state
   * stays where it is.
   */
  public static void move(List<StateSlot> states, Device device) {
    try (PinnedStates now = of(states)) {
      for (int i = 0; i < states.size(); i++) {
        Tensor value = now.values.get(i);
        if (!states.get(i).isFixed() && !device.holds(value)) {
          Publication.move(states.get(i), value, device.place(value));
        }
      }
    }
  }

  /** One for each state, in the same order. */
  public List<Tensor> values() {
    return values;
  }

  /** {@link Publication#changes} at that moment. */
  public long version() {
    return version;
  }

  /** Lets the values go; once. */
  @Override
  public void close() {
    pinned.close();
  }
}
