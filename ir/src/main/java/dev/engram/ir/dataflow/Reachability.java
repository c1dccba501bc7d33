package dev.engram.ir.dataflow;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which values are reached from others, from equation to equation. */
public final class Reachability {
  private Reachability() {}

  /** Which results, or operands, of one equation are reached. */
  @FunctionalInterface
  public interface Step {
    /**
     * @param reached so far
     */
    Collection<? extends Value> of(Eqn e, Set<Value> reached);
  }

  /** {@code from}, and the results that {@code step} adds, equation after equation. */
  public static Set<Value> forward(List<Eqn> eqns, Collection<? extends Value> from, Step step) {
    Set<Value> reached = new HashSet<>(from);
    eqns.forEach(e -> reached.addAll(step.of(e, reached)));
    return reached;
  }

  /** {@code to}, and the operands that {@code step} adds, from the last equation to the first. */
  public static Set<Value> backward(List<Eqn> eqns, Collection<? extends Value> to, Step step) {
    Set<Value> reached = new HashSet<>(to);
    eqns.reversed().forEach(e -> reached.addAll(step.of(e, reached)));
    return reached;
  }

  /** All results of what reads something reached. */
  public static List<Var> results(Eqn e, Set<Value> reached) {
    return e.inputs().stream().anyMatch(reached::contains) ? e.outputs() : List.of();
  }

  /** All operands of what gives something reached. */
  public static List<Value> operands(Eqn e, Set<Value> reached) {
    return e.outputs().stream().anyMatch(reached::contains) ? e.inputs() : List.of();
  }

  /** What the results of {@code g} and its equations read. */
  public static Set<Value> used(Graph g) {
    Set<Value> used = new HashSet<>(g.outs());
    g.eqns().forEach(e -> used.addAll(e.inputs()));
    return used;
  }
}
