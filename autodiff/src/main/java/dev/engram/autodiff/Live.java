package dev.engram.autodiff;

import dev.engram.ir.Check;
import dev.engram.ir.Control;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Op;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a graph needs, and what depends on what. */
final class Live {
  private Live() {}

  /** {@code g} without the equations that no result needs; checks stay. */
  static Graph prune(Graph g) {
    Set<Value> live = new HashSet<>(g.outs());
    List<Eqn> kept = new ArrayList<>();
    for (Eqn e : g.eqns().reversed()) {
      if (hasEffect(e.op()) || e.outputs().stream().anyMatch(live::contains)) {
        kept.add(e);
        live.addAll(e.inputs());
      }
    }
    return new Graph(g.name(), g.params(), kept.reversed(), g.outs());
  }

  /** The variables that the results of {@code g} and its equations read. */
  static Set<Value> used(Graph g) {
    Set<Value> used = new HashSet<>(g.outs());
    g.eqns().forEach(e -> used.addAll(e.inputs()));
    return used;
  }

  /** {@code from} and all variables of {@code g} computed from them. */
  static Set<Value> dependents(Graph g, Collection<? extends Value> from) {
    Set<Value> reached = new HashSet<>(from);
    for (Eqn e : g.eqns()) {
      if (e.inputs().stream().anyMatch(reached::contains)) {
        reached.addAll(e.outputs());
      }
    }
    return reached;
  }

  /** The variables of the parameters {@code from <= i < to}. */
  static List<Var> vars(Graph g, int from, int to) {
    return g.params().subList(from, to).stream().map(Param::var).toList();
  }

  private static boolean hasEffect(Op op) {
    return switch (op) {
      case Check _ -> true;
      case Control.Scan s -> hasEffect(s.body());
      case Control.Cond c -> hasEffect(c.onTrue()) || hasEffect(c.onFalse());
      case Control.Call c -> hasEffect(c.body());
      default -> false;
    };
  }

  private static boolean hasEffect(Graph g) {
    return g.eqns().stream().anyMatch(e -> hasEffect(e.op()));
  }
}
