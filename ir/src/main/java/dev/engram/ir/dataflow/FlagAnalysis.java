package dev.engram.ir.dataflow;

import dev.engram.ir.Graph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * A flag for each result of a graph, given one for each parameter. Every graph is walked once for
 * each list of flags, also when it is nested in loops that are walked several times.
 *
 * <p>Loops are walked until their carries stay as they are. More flags in never give fewer out, so
 * that a loop goes on from the carries that were found for fewer flags. So the walks of a graph are
 * as many as it has parameters, at the most, however deep it is nested.
 */
public final class FlagAnalysis {
  private final BiFunction<Graph, List<Boolean>, List<Boolean>> walk;
  private final Map<Graph, Map<List<Boolean>, List<Boolean>>> results = new IdentityHashMap<>();
  private final Map<Object, Map<List<Boolean>, List<Boolean>>> loops = new IdentityHashMap<>();

  /**
   * @param walk the flags of a graph's results, for those of its parameters; asks this for the
   *     graphs inside
   */
  public FlagAnalysis(BiFunction<Graph, List<Boolean>, List<Boolean>> walk) {
    this.walk = walk;
  }

  /** One flag for each result of {@code g}. */
  public List<Boolean> of(Graph g, List<Boolean> params) {
    Map<List<Boolean>, List<Boolean>> known = results.computeIfAbsent(g, _ -> new HashMap<>());
    List<Boolean> out = known.get(params);
    if (out == null) {
      out = walk.apply(g, params);
      known.put(List.copyOf(params), out);
    }
    return out;
  }

  /**
   * A loop whose flags a step does not change any more.
   *
   * @param params of the body's parameters
   * @param results what the last step gave
   */
  public record Settled(List<Boolean> params, List<Boolean> results) {

    /** Of the loop's results: its carries, which may never have been stepped, then all else. */
    public List<Boolean> ofLoop(int consts, int carry) {
      List<Boolean> out = new ArrayList<>(params.subList(consts, consts + carry));
      out.addAll(results.subList(carry, results.size()));
      return out;
    }
  }

  /** {@link #settle}, from where the same loop was settled for fewer flags. */
  public Settled settle(
      Object loop, List<Boolean> in, int consts, int carry, UnaryOperator<List<Boolean>> step) {
    Map<List<Boolean>, List<Boolean>> known = loops.computeIfAbsent(loop, _ -> new HashMap<>());
    List<Boolean> from = new ArrayList<>(in);
    known.forEach(
        (fewer, then) -> {
          if (isSubset(fewer, in)) {
            join(from, 0, then);
          }
        });
    Settled settled = settle(from, consts, carry, step);
    known.put(List.copyOf(in), settled.params());
    return settled;
  }

  /**
   * The flags of a loop: a carry has one when it starts so, or when a step makes it so.
   *
   * @param in of the body's parameters: constants, carries as they start, all else
   * @param step what a step makes of flags of the body's parameters: first those of the carries
   */
  public static Settled settle(
      List<Boolean> in, int consts, int carry, UnaryOperator<List<Boolean>> step) {
    List<Boolean> params = new ArrayList<>(in);
    while (true) {
      List<Boolean> out = step.apply(List.copyOf(params));
      if (!join(params, consts, out.subList(0, carry))) {
        return new Settled(List.copyOf(params), out);
      }
    }
  }

  private static boolean isSubset(List<Boolean> a, List<Boolean> b) {
    return IntStream.range(0, a.size()).allMatch(i -> !a.get(i) || b.get(i));
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

  /** Flag by flag, whether one of both is set. */
  public static List<Boolean> either(List<Boolean> a, List<Boolean> b) {
    return IntStream.range(0, a.size()).mapToObj(i -> a.get(i) || b.get(i)).toList();
  }
}
