package dev.engram.autodiff.forward;

import dev.engram.autodiff.facts.Terms;
import dev.engram.autodiff.forward.LinearizeWalk.Linear;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Chooses what a linear part keeps. A residual that is a cheap function of others is computed
 * again: of a GRU step the gates and the state remain, not also {@code 1 - z} and {@code r·h}.
 */
public final class Residuals {
  /** Rows that cost no more than reading their result from memory. */
  private static final Set<ElementwiseRow> CHEAP =
      Set.of(
          Rows.ADD,
          Rows.SUB,
          Rows.MUL,
          Rows.NEG,
          Rows.ABS,
          Rows.SIGN,
          Rows.MAX,
          Rows.MIN,
          Rows.EQ,
          Rows.NE,
          Rows.LT,
          Rows.LE,
          Rows.GT,
          Rows.GE,
          Rows.AND,
          Rows.OR,
          Rows.XOR,
          Rows.NOT,
          Rows.IS_FINITE,
          Rows.SELECT,
          Rows.STOP_GRADIENT,
          Rows.UNTRACED);

  /** Chains of cheap equations longer than this are not computed again. */
  private static final int DEPTH = 32;

  private final Map<Value, Eqn> definitions = new HashMap<>();
  private final Predicate<Value> free;
  private final Set<Value> kept;
  private final Set<Value> near = new HashSet<>();

  private Residuals(Graph primal, Linear linear, Predicate<Value> free) {
    this.free = free;
    this.kept = new LinkedHashSet<>(linear.residuals());
    for (Eqn e : primal.eqns()) {
      e.outputs().forEach(v -> definitions.put(v, e));
    }
  }

  /**
   * The same linear part on fewer or smaller residuals.
   *
   * @param free variables of {@code primal} that may be kept at no cost
   */
  static Linear minimise(Graph primal, Linear linear, Predicate<Value> free) {
    Residuals r = new Residuals(primal, linear, free);
    for (Eqn e : primal.eqns().reversed()) {
      r.consider(e);
    }
    return r.rebuild(primal, linear);
  }

  // Later equations first, so that what a dropped residual is computed from is still to be
  // considered.
  private void consider(Eqn e) {
    if (!isCheap(e.op()) || !kept.contains(e.out()) || free.test(e.out())) {
      return;
    }
    List<Value> missing = e.inputs().stream().filter(v -> !atHand(v)).distinct().toList();
    double bytes = missing.stream().mapToDouble(Residuals::bytes).sum();
    if (missing.isEmpty() || bytes < bytes(e.out())) {
      kept.remove(e.out());
      kept.addAll(missing);
    }
  }

  // A value that is never in memory may have more than a long holds.
  private static double bytes(Value v) {
    return (double) v.type().size() * v.type().dtype().bytes();
  }

  /** True for what is kept, free, or cheap to compute from such; what is so once remains so. */
  private boolean atHand(Value v) {
    return atHand(v, DEPTH, new HashSet<>());
  }

  private boolean atHand(Value v, int depth, Set<Value> missing) {
    if (v instanceof Lit || free.test(v) || kept.contains(v) || near.contains(v)) {
      return true;
    }
    Eqn e = definitions.get(v);
    if (e == null || depth == 0 || missing.contains(v) || !isCheap(e.op())) {
      return false;
    }
    boolean all = e.inputs().stream().allMatch(in -> atHand(in, depth - 1, missing));
    (all ? near : missing).add(v);
    return all;
  }

  private Linear rebuild(Graph primal, Linear linear) {
    Set<Value> needed = new LinkedHashSet<>(linear.residuals());
    List<Eqn> again = new ArrayList<>();
    for (Eqn e : primal.eqns().reversed()) {
      if (isCheap(e.op())
          && needed.contains(e.out())
          && !kept.contains(e.out())
          && !free.test(e.out())) {
        needed.remove(e.out());
        needed.addAll(e.inputs());
        again.add(e);
      }
    }
    needed.removeIf(Lit.class::isInstance);
    List<Var> residuals = needed.stream().map(Var.class::cast).toList();
    Builder b = new Builder(linear.graph().name());
    Map<Value, Value> map = new HashMap<>();
    residuals.forEach(v -> map.put(v, Terms.param(b, v.type())));
    List<Value> tangents =
        linear.graph().params().stream()
            .skip(linear.residuals().size())
            .map(p -> Terms.param(b, p.type()))
            .toList();
    again.reversed().forEach(e -> b.copy(e, map));
    List<Value> args = new ArrayList<>();
    linear.residuals().forEach(v -> args.add(Builder.mapped(map, v)));
    args.addAll(tangents);
    return new Linear(residuals, b.build(b.inline(linear.graph(), args)));
  }

  public static boolean isCheap(Op op) {
    return switch (op) {
      case Elementwise e -> CHEAP.contains(e.row());
      case Cast _, Move _ -> true;
      case Source s -> !(s instanceof Source.RandomBits);
      case Reduce _, Dot _, Index _, Check _, HostEffect _, Control _, Custom _ -> false;
    };
  }
}
