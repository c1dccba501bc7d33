package dev.engram.ir.passes;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.checks.Given;
import dev.engram.ir.dataflow.Reachability;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Effect;
import dev.engram.ir.passes.rewrite.Graphs;
import dev.engram.ir.passes.rewrite.ScanParts;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Removes what no result and no check depends on: equations, carries, operands and outputs of
 * scans, operands and outputs of conditionals. Parameters of the graph itself stay. Not a {@link
 * GraphRewriter}: it goes from the results to what they read.
 */
public final class Dce {
  private Dce() {}

  /** Returns {@code g} without what nothing depends on. */
  public static Graph run(Graph g) {
    Given.given("Dce.run", "g", g);
    return sweep(g, Dce::stops, Dce::prune);
  }

  /** True for what can stop the run: it is not removed. */
  public static boolean stops(Eqn e) {
    Given.given("Dce.stops", "e", e);
    return Effect.of(e).contains(Effect.CHECK);
  }

  /** Removes equations as a whole, except those that {@code needed} asks for. */
  public static Graph equations(Graph g, Predicate<Eqn> needed) {
    Given.given("Dce.equations", "g", g);
    Given.given("Dce.equations", "needed", needed);
    return sweep(g, needed, (e, _) -> e);
  }

  private static Graph sweep(
      Graph g, Predicate<Eqn> needed, BiFunction<Eqn, Set<Value>, Eqn> prune) {
    Set<Value> live = new HashSet<>(g.outs());
    List<Eqn> kept = new ArrayList<>();
    for (Eqn e : g.eqns().reversed()) {
      if (e.outputs().stream().anyMatch(live::contains) || needed.test(e)) {
        Eqn pruned = prune.apply(e, live);
        live.addAll(pruned.inputs());
        kept.add(pruned);
      }
    }
    return Graphs.with(g, kept.reversed(), g.outs());
  }

  private static Eqn prune(Eqn e, Set<Value> live) {
    if (!(e.op() instanceof Control op)) {
      return e;
    }
    return switch (op) {
      case Control.Scan s -> scan(s, e, live);
      case Control.While w -> loop(w, e, live);
      case Control.Cond c -> cond(c, e, live);
      case Control.Call _, Control.Transposed _ -> Graphs.mapInner(e, Dce::run);
    };
  }

  private static Eqn scan(Control.Scan op, Eqn e, Set<Value> live) {
    Set<Integer> results = new HashSet<>();
    for (int i = 0; i < e.outputs().size(); i++) {
      if (live.contains(e.outputs().get(i))) {
        results.add(i);
      }
    }
    // A carry lives when its result does, or when something alive in the body reads it.
    while (true) {
      ScanParts form = new ScanParts(op, e.inputs());
      form.carries.removeIf(c -> !results.contains(c.result()));
      form.ys.removeIf(y -> !results.contains(y.result()));
      boolean whole = form.results().size() == e.outputs().size();
      Graph body = run(whole ? op.body() : form.op().body());
      Set<Value> used = Reachability.used(body);
      List<Integer> more = carriesAmong(used, op.body(), op.consts(), op.carry());
      if (!results.addAll(more)) {
        form.consts.removeIf(c -> !used.contains(c.param().var()));
        form.xs.removeIf(x -> !used.contains(x.param().var()));
        if (Graphs.isSame(body, op.body()) && form.operands().size() == e.inputs().size()) {
          return e;
        }
        List<Var> outputs = form.results().stream().map(e.outputs()::get).toList();
        return new Eqn(form.op(body.eqns()), form.operands(), outputs, e.where());
      }
    }
  }

  // A carry lives when its result does, or when the condition or what lives in the body reads it.
  private static Eqn loop(Control.While op, Eqn e, Set<Value> live) {
    Graph condition = run(op.condition());
    Set<Value> decides = Reachability.used(condition);
    Set<Integer> carries = new HashSet<>();
    for (int i = 0; i < op.carry(); i++) {
      int p = op.consts() + i;
      if (live.contains(e.outputs().get(i))
          || decides.contains(op.condition().params().get(p).var())) {
        carries.add(i);
      }
    }
    while (true) {
      List<Integer> outs = carries.stream().sorted().toList();
      Graph body = run(Graphs.withOuts(op.body(), outs));
      Set<Value> used = Reachability.used(body);
      List<Integer> more = carriesAmong(used, op.body(), op.consts(), op.carry());
      if (carries.addAll(more)) {
        continue;
      }
      List<Integer> params = new ArrayList<>();
      for (int i = 0; i < op.consts(); i++) {
        if (decides.contains(op.condition().params().get(i).var())
            || used.contains(op.body().params().get(i).var())) {
          params.add(i);
        }
      }
      boolean whole = params.size() == op.consts() && outs.size() == op.carry();
      if (whole && Graphs.isSame(condition, op.condition()) && Graphs.isSame(body, op.body())) {
        return e;
      }
      int consts = params.size();
      outs.forEach(i -> params.add(op.consts() + i));
      return new Eqn(
          op.with(Graphs.withParams(condition, params), Graphs.withParams(body, params), consts),
          params.stream().map(e::in).toList(),
          outs.stream().map(e.outputs()::get).toList(),
          e.where());
    }
  }

  private static List<Integer> carriesAmong(Set<Value> used, Graph body, int consts, int carry) {
    return IntStream.range(0, carry)
        .filter(i -> used.contains(body.params().get(consts + i).var()))
        .boxed()
        .toList();
  }

  private static Eqn cond(Control.Cond op, Eqn e, Set<Value> live) {
    List<Integer> outs =
        IntStream.range(0, e.outputs().size())
            .filter(i -> live.contains(e.outputs().get(i)))
            .boxed()
            .toList();
    Graph onTrue = run(Graphs.withOuts(op.onTrue(), outs));
    Graph onFalse = run(Graphs.withOuts(op.onFalse(), outs));
    Set<Value> trueUses = Reachability.used(onTrue);
    Set<Value> falseUses = Reachability.used(onFalse);
    List<Integer> params =
        IntStream.range(0, onTrue.params().size())
            .filter(
                i ->
                    trueUses.contains(onTrue.params().get(i).var())
                        || falseUses.contains(onFalse.params().get(i).var()))
            .boxed()
            .toList();
    if (Graphs.isSame(onTrue, op.onTrue())
        && Graphs.isSame(onFalse, op.onFalse())
        && params.size() == onTrue.params().size()) {
      return e;
    }
    List<Value> inputs = new ArrayList<>();
    inputs.add(e.in(0));
    params.forEach(i -> inputs.add(e.in(i + 1)));
    return new Eqn(
        new Control.Cond(Graphs.withParams(onTrue, params), Graphs.withParams(onFalse, params)),
        inputs,
        outs.stream().map(e.outputs()::get).toList(),
        e.where());
  }
}
