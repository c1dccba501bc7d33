package dev.engram.state;

import dev.engram.Captured;
import dev.engram.State;
import dev.engram.ir.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** What a loop, branch or derivative outside of a compiled function reads: states at one moment. */
public final class OneVersion {
  private OneVersion() {}

  /** The captured values as the running code sees them. */
  public static List<Tensor> of(List<Captured> captured) {
    List<Tensor> values = new ArrayList<>(captured.size());
    read(captured, List.of(), () -> captured.forEach(c -> values.add(c.now())));
    return values;
  }

  /**
   * Runs {@code body}, which reads captured values and states for the running code: outside of all
   * traces while none of them is set. It must call no code of users.
   */
  public static void read(Collection<Captured> captured, Collection<State> states, Runnable body) {
    if (!StateScope.isOutside()) {
      body.run();
      return;
    }
    List<State> all = new ArrayList<>(states);
    for (Captured c : captured) {
      if (c instanceof Captured.OfState(State s, int _)) {
        all.add(s);
      }
    }
    Publication.settled(
        StateSlot.of(all),
        () -> {
          body.run();
          return all;
        });
  }
}
