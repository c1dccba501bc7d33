package dev.engram.autodiff.facts;

import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.OptimizationBarrier;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** What a graph reads, and what depends on what. */
public final class DependenceAnalysis {
  private DependenceAnalysis() {}

  /** The variables that the results of {@code g} and its equations read. */
  public static Set<Value> used(Graph g) {
    Set<Value> used = new HashSet<>(g.outs());
    g.eqns().forEach(e -> used.addAll(e.inputs()));
    return used;
  }

  /** The variables of the parameters {@code from <= i < to}. */
  public static List<Var> vars(Graph g, int from, int to) {
    return g.params().subList(from, to).stream().map(Param::var).toList();
  }

  /** {@code from} and all variables of {@code g} computed from them. */
  public static Set<Value> dependents(Graph g, Collection<? extends Value> from) {
    Set<Value> reached = new HashSet<>(from);
    for (var e : g.eqns()) {
      List<Boolean> in = e.inputs().stream().map(reached::contains).toList();
      if (in.contains(true)) {
        List<Boolean> out = results(e.op(), in, e.outputs().size());
        IntStream.range(0, out.size())
            .filter(out::get)
            .forEach(i -> reached.add(e.outputs().get(i)));
      }
    }
    return reached;
  }

  /** {@code from} and all results of equations of {@code g} that read any of these. */
  public static Set<Value> reached(Graph g, Collection<? extends Value> from) {
    Set<Value> reached = new HashSet<>(from);
    for (var e : g.eqns()) {
      if (e.inputs().stream().anyMatch(reached::contains)) {
        reached.addAll(e.outputs());
      }
    }
    return reached;
  }

  /** Which of {@code n} results of {@code op} depend on the operands {@code in}. */
  public static List<Boolean> results(Op op, List<Boolean> in, int n) {
    return switch (op) {
      case Control.Scan s -> results(s, in);
      case Control.While w -> results(w, in);
      case Control.Cond c ->
          either(
              IntStream.range(0, n).mapToObj(_ -> in.getFirst()).toList(),
              either(
                  results(c.onTrue(), in.subList(1, in.size())),
                  results(c.onFalse(), in.subList(1, in.size()))));
      case Control.Call c -> results(c.body(), in);
      case OptimizationBarrier _, HostEffect _ -> List.of(in.getFirst());
      case Elementwise _, Cast _, Reduce _, Dot _, Move _, Index _ -> List.of(in.contains(true));
      case Source _, Check _, Control.Transposed _, Custom _ ->
          IntStream.range(0, n).mapToObj(_ -> in.contains(true)).toList();
    };
  }

  private static List<Boolean> results(Graph g, List<Boolean> params) {
    List<Var> from =
        IntStream.range(0, params.size())
            .filter(params::get)
            .mapToObj(i -> g.params().get(i).var())
            .toList();
    Set<Value> reached = dependents(g, from);
    return g.outs().stream().map(reached::contains).toList();
  }

  /** A carry depends on an operand when its first value does, or when a step makes it. */
  private static List<Boolean> results(Control.Scan op, List<Boolean> in) {
    List<Boolean> params = new ArrayList<>(in);
    while (true) {
      List<Boolean> outs = new ArrayList<>(results(op.body(), params));
      boolean more = false;
      for (int i = 0; i < op.carry(); i++) {
        int p = op.consts() + i;
        more |= outs.get(i) && !params.get(p);
        params.set(p, params.get(p) || outs.get(i));
        outs.set(i, params.get(p));
      }
      if (!more) {
        return outs;
      }
    }
  }

  private static List<Boolean> results(Control.While op, List<Boolean> in) {
    List<Boolean> params = new ArrayList<>(in);
    while (true) {
      boolean decided = results(op.condition(), params).getFirst();
      List<Boolean> next = results(op.body(), params);
      boolean more = false;
      for (int i = 0; i < op.carry(); i++) {
        int p = op.consts() + i;
        boolean depends = decided || next.get(i);
        more |= depends && !params.get(p);
        params.set(p, params.get(p) || depends);
      }
      if (!more) {
        return params.subList(op.consts(), params.size());
      }
    }
  }

  private static List<Boolean> either(List<Boolean> a, List<Boolean> b) {
    return IntStream.range(0, a.size()).mapToObj(i -> a.get(i) || b.get(i)).toList();
  }
}
