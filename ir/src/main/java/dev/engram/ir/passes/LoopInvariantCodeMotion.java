package dev.engram.ir.passes;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.checks.Given;
import dev.engram.ir.dataflow.Reachability;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Effect;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import dev.engram.ir.passes.rewrite.Graphs;
import dev.engram.ir.passes.rewrite.ScanParts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Moves equations of a scan's body that give the same at every step in front of the scan. Moves and
 * sources stay inside, where they cost little: stored outside they could be larger than what they
 * are made of.
 */
public final class LoopInvariantCodeMotion {
  private LoopInvariantCodeMotion() {}

  /** Returns {@code g} with such equations in front of their scans, inner graphs included. */
  public static Graph run(Graph g) {
    Given.given("LoopInvariantCodeMotion.run", "g", g);
    return GraphRewriter.walk(g, LoopInvariantCodeMotion::step);
  }

  private static List<? extends Value> step(GraphRewriter to, Eqn old, List<Value> in) {
    Eqn e = Graphs.mapInner(old, LoopInvariantCodeMotion::run);
    if (!(e.op() instanceof Control.Scan s) || s.length() == 0) {
      return to.keep(e);
    }
    List<Eqn> same = sameAtEveryStep(s);
    List<Eqn> hoisted = worthHoisting(same);
    return hoisted.isEmpty() ? to.keep(e) : scan(to, s, e, in, same, hoisted);
  }

  private static List<Var> scan(
      GraphRewriter to, Control.Scan op, Eqn e, List<Value> in, List<Eqn> same, List<Eqn> hoisted) {
    ScanParts form = new ScanParts(op, in);
    Map<Value, Value> outer = new HashMap<>();
    form.consts.forEach(c -> outer.put(c.param().var(), c.operand()));
    List<Var> results = hoisted.stream().flatMap(h -> h.outputs().stream()).toList();
    Set<Value> needed = Reachability.backward(same, results, Reachability::operands);
    for (Eqn inner : same) {
      if (inner.outputs().stream().anyMatch(needed::contains)) {
        to.builder().copy(inner, outer);
      }
    }
    for (Eqn inner : hoisted) {
      for (Var v : inner.outputs()) {
        form.consts.add(new ScanParts.Input(Param.input(v), outer.get(v)));
      }
    }
    List<Eqn> left = new ArrayList<>(op.body().eqns());
    left.removeAll(hoisted);
    return to.emit(e, form.op(left), form.operands());
  }

  // What can stop the run leaves the body only when nothing with an effect stands before it there:
  // the first error stays the first, and what is told before it is told.
  private static List<Eqn> sameAtEveryStep(Control.Scan op) {
    Set<Value> same = new HashSet<>();
    op.body().params().subList(0, op.consts()).forEach(p -> same.add(p.var()));
    List<Eqn> eqns = new ArrayList<>();
    boolean first = true;
    for (Eqn e : op.body().eqns()) {
      boolean fixed = e.inputs().stream().allMatch(v -> v instanceof Lit || same.contains(v));
      Set<Effect> effects = Effect.of(e);
      boolean acts = effects.contains(Effect.CHECK) || effects.contains(Effect.HOST);
      if (fixed && !effects.contains(Effect.HOST) && (first || !acts)) {
        same.addAll(e.outputs());
        eqns.add(e);
      } else {
        first &= !acts;
      }
    }
    return eqns;
  }

  private static List<Eqn> worthHoisting(List<Eqn> same) {
    // How many elements a value is made of, where that is less than it has.
    Map<Value, Double> madeOf = new HashMap<>();
    List<Eqn> worth = new ArrayList<>();
    for (Eqn e : same) {
      double made =
          e.inputs().stream()
              .filter(v -> !(v instanceof Lit))
              .mapToDouble(v -> madeOf.getOrDefault(v, (double) v.type().size()))
              .sum();
      boolean grows = e.outputs().stream().anyMatch(v -> v.type().size() > made);
      if (isWork(e.op()) && !(grows && e.op() instanceof Elementwise)) {
        worth.add(e);
      } else if (grows) {
        e.outputs().forEach(v -> madeOf.put(v, made));
      }
    }
    return worth;
  }

  // An elementwise op that grows, such as an outer product, is cheaper to make again than to load.
  private static boolean isWork(Op op) {
    return switch (op) {
      case Move _, Source.Const _, Source.Iota _ -> false;
      case Elementwise _,
          Cast _,
          Reduce _,
          Dot _,
          Index _,
          Source.RandomBits _,
          Check _,
          HostEffect _ ->
          true;
      case Control _, Custom _ -> true;
    };
  }
}
