package dev.engram.autodiff.forward;

import dev.engram.ir.Graph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Which results of a graph get a tangent, given which parameters have one. Every graph is walked
 * once for each set of flags, also when it is nested in loops that are walked several times.
 */
public final class ActivityAnalysis {
  private final Map<Graph, Map<List<Boolean>, List<Boolean>>> results = new IdentityHashMap<>();
  private final Map<Graph, Map<List<Boolean>, List<Boolean>>> loops = new IdentityHashMap<>();

  /** One flag for each result of {@code g}. */
  List<Boolean> of(Graph g, List<Boolean> active) {
    Map<List<Boolean>, List<Boolean>> known = results.computeIfAbsent(g, _ -> new HashMap<>());
    List<Boolean> out = known.get(active);
    if (out == null) {
      out = JvpWalk.hasTangent(g, active, this);
      known.put(List.copyOf(active), out);
    }
    return out;
  }

  /**
   * Adds to {@code active} the carries that get a tangent in a step; gives the flags of the
   * results.
   *
   * <p>More tangents in never give fewer out: so a loop that was settled for fewer flags goes on
   * from there.
   */
  List<Boolean> steady(Graph body, int consts, int carry, List<Boolean> active) {
    List<Boolean> start = List.copyOf(active);
    Map<List<Boolean>, List<Boolean>> known = loops.computeIfAbsent(body, _ -> new HashMap<>());
    known.forEach(
        (fewer, settled) -> {
          if (IntStream.range(0, start.size()).allMatch(i -> !fewer.get(i) || start.get(i))) {
            join(active, 0, settled);
          }
        });
    while (true) {
      List<Boolean> out = new ArrayList<>(of(body, active));
      if (!join(active, consts, out.subList(0, carry))) {
        known.put(start, List.copyOf(active));
        for (int i = 0; i < carry; i++) {
          out.set(i, active.get(consts + i));
        }
        return out;
      }
    }
  }

  /** Adds {@code more} to the flags from {@code from} on; true when that changed any. */
  public static boolean join(List<Boolean> flags, int from, List<Boolean> more) {
    boolean changed = false;
    for (int i = 0; i < more.size(); i++) {
      changed |= more.get(i) && !flags.get(from + i);
      flags.set(from + i, flags.get(from + i) || more.get(i));
    }
    return changed;
  }
}
