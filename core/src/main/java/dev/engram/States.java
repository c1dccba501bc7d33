package dev.engram;

import dev.engram.ir.EngramException;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** States by path, in the order of the model's fields. A state that is shared appears once. */
public record States(Map<String, State> byPath) {
  public States {
    byPath = Collections.unmodifiableMap(new LinkedHashMap<>(byPath));
  }

  /** The states of {@code kind}. */
  public States subset(State.Kind kind) {
    return filter(s -> s.kind() == kind);
  }

  public States filter(Predicate<State> keep) {
    Map<String, State> out = new LinkedHashMap<>();
    byPath.forEach(
        (path, s) -> {
          if (keep.test(s)) {
            out.put(path, s);
          }
        });
    return new States(out);
  }

  /**
   * The state at {@code path}.
   *
   * @throws EngramException when there is none
   */
  public State get(String path) {
    State s = byPath.get(path);
    if (s == null) {
      throw new EngramException("no state " + path + ", expected one of " + byPath.keySet());
    }
    return s;
  }

  public List<String> paths() {
    return List.copyOf(byPath.keySet());
  }

  public Collection<State> values() {
    return byPath.values();
  }

  public int size() {
    return byPath.size();
  }
}
