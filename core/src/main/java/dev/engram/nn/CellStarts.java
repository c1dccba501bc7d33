package dev.engram.nn;

import dev.engram.Model;
import dev.engram.State;
import dev.engram.Transparent;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Learned initial states of a cell. A state starts at 0, and in the first step after that {@code
 * fresh · start} is added to it, with {@code fresh} 1 in that step alone. So the start is a weight
 * like any other.
 */
final class CellStarts extends Model implements Transparent {
  private final Map<String, State> start = new LinkedHashMap<>();
  private final Map<String, State> fresh = new LinkedHashMap<>();
  private final Names names = new Names();

  /** The names of the hidden states, which are the cell's own: the walk over models skips this. */
  private static final class Names {
    final Map<State, String> all = new IdentityHashMap<>();
  }

  /** Lets the start of a hidden state, which itself starts at 0, be learned. */
  void learn(State h, String name, Tensor first) {
    TensorType one = TensorType.scalar(first.dtype());
    names.all.put(h, name);
    start.put(name, parameter(first));
    fresh.put(name + ".fresh", State.of(State.Kind.OTHER, () -> HostTensor.full(one, 1)));
  }

  /** Reads a hidden state at the start of a step, once in a step. */
  Tensor read(State h) {
    String name = names.all.get(h);
    if (name == null) {
      return h.value();
    }
    State first = fresh.get(name + ".fresh");
    Tensor added = start.get(name).value().mul(first.value());
    first.set(first.value().like(0));
    return h.value().add(added);
  }
}
