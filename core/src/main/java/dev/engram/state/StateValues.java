package dev.engram.state;

import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.EngramException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All values of several states at one moment, and their way into others. */
public final class StateValues {
  private StateValues() {}

  /** {@link States#snapshot}. */
  public static Map<String, Tensor> snapshot(States states) {
    StateScope.requireOutside("snapshot");
    Map<String, Tensor> out = new LinkedHashMap<>();
    Publication.settled(
        StateSlot.of(states.byPath().values()),
        () -> {
          states.byPath().forEach((path, s) -> out.put(path, exposed(s)));
          return out;
        });
    return out;
  }

  private static Tensor exposed(State s) {
    Tensor value = StateSlot.of(s).lend();
    Storage.of(value).ifPresent(Storage::expose);
    return value;
  }

  /** {@link States#copyFrom}. */
  public static void copy(States from, States to) {
    StateScope.requireOutside("copyFrom");
    if (!from.byPath().keySet().equals(to.byPath().keySet())) {
      List<String> missing = new ArrayList<>(to.paths());
      missing.removeAll(from.paths());
      List<String> extra = new ArrayList<>(from.paths());
      extra.removeAll(to.paths());
      throw new EngramException(
          "copyFrom: the source lacks %s and has %s besides; no state was changed (%s)"
              .formatted(
                  PathList.like("", missing), PathList.like("", extra), SourceLocation.here()));
    }
    List<StateSlot> targets = StateSlot.of(to.byPath().values());
    Turns turns = Turns.of(targets);
    turns.take();
    try {
      Publication.settled(
          StateSlot.of(from.byPath().values()),
          () -> {
            List<StateSlot.Cell> now = new ArrayList<>();
            to.byPath().forEach((path, s) -> now.add(cell(path, from.get(path), s)));
            Publication.put(targets, now);
            return now;
          });
    } finally {
      turns.leave();
    }
    Publication.look(targets);
  }

  private static StateSlot.Cell cell(String path, State from, State to) {
    Tensor value = StateSlot.of(from).lend();
    Optional<StateScope.Peek> want = StateSlot.of(to).memory().looks();
    if (want.isEmpty() || !want.get().type().equals(value.type())) {
      throw new EngramException(
          "copyFrom: %s is %s in the source, expected %s; no state was changed (%s)"
              .formatted(
                  path,
                  value.type(),
                  want.<Object>map(StateScope.Peek::type).orElse("no value, as in the target"),
                  SourceLocation.here()));
    }
    return StateSlot.of(to).like(value);
  }
}
