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
  private final List<StateSlot> states;
  private final PinnedTensors pinned;
  private final List<Tensor> values;
  private final long version;

  private PinnedStates(
      List<StateSlot> states, PinnedTensors pinned, List<Tensor> values, long version) {
    this.states = states;
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
    return new PinnedStates(states, PinnedTensors.of(values), values, Publication.changes());
  }

  /**
   * The same values on {@code device}, in place of these: copies of those that lie elsewhere. A
   * state stays where it is; it keeps one copy on each device until it has another value.
   */
  public PinnedStates on(Device device) {
    int first = 0;
    while (first < values.size() && device.holds(values.get(first))) {
      first++;
    }
    return first == values.size() ? this : on(device, first);
  }

  private PinnedStates on(Device device, int first) {
    List<Tensor> there = new ArrayList<>(values.subList(0, first));
    List<Tensor> copied = new ArrayList<>();
    List<Tensor> copies = new ArrayList<>();
    try {
      for (int i = first; i < values.size(); i++) {
        Tensor value = values.get(i);
        if (device.holds(value)) {
          there.add(value);
        } else {
          copies.add(Publication.copy(states.get(i), value, device));
          there.add(copies.getLast());
          copied.add(value);
        }
      }
    } catch (Throwable e) {
      PinnedTensors.taken(copies).close();
      throw e;
    }
    PinnedTensors.taken(copied).close();
    return new PinnedStates(states, PinnedTensors.taken(there), there, version);
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
