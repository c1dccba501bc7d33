package dev.engram.autodiff.facts;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.dataflow.FlagAnalysis;
import dev.engram.ir.dataflow.Reachability;
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
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** What depends on what: by values, not by who reads whom. */
public final class DependenceAnalysis {
  private DependenceAnalysis() {}

  /** The variables of the parameters {@code from <= i < to}. */
  public static List<Var> vars(Graph g, int from, int to) {
    return g.params().subList(from, to).stream().map(Param::var).toList();
  }

  /** {@code from} and all variables of {@code g} computed from them. */
  public static Set<Value> dependents(Graph g, Collection<? extends Value> from) {
    return Reachability.forward(g.eqns(), from, DependenceAnalysis::dependents);
  }

  private static List<Var> dependents(Eqn e, Set<Value> from) {
    List<Boolean> in = e.inputs().stream().map(from::contains).toList();
    if (!in.contains(true)) {
      return List.of();
    }
    List<Boolean> out = results(e.op(), in, e.outputs().size());
    return IntStream.range(0, out.size()).filter(out::get).mapToObj(e.outputs()::get).toList();
  }

  /** Which of {@code n} results of {@code op} depend on the operands {@code in}. */
  public static List<Boolean> results(Op op, List<Boolean> in, int n) {
    return switch (op) {
      case Control.Scan s -> results(s, in);
      case Control.While w -> results(w, in);
      case Control.Cond c ->
          FlagAnalysis.either(
              IntStream.range(0, n).mapToObj(_ -> in.getFirst()).toList(),
              FlagAnalysis.either(
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
    FlagAnalysis.Settled loop =
        FlagAnalysis.settle(in, op.consts(), op.carry(), params -> results(op.body(), params));
    return loop.ofLoop(op.consts(), op.carry());
  }

  /** The same, and all carries do where the number of steps does. */
  private static List<Boolean> results(Control.While op, List<Boolean> in) {
    return FlagAnalysis.settle(
            in,
            op.consts(),
            op.carry(),
            params ->
                results(op.condition(), params).getFirst()
                    ? Collections.nCopies(op.carry(), true)
                    : results(op.body(), params))
        .params()
        .subList(op.consts(), in.size());
  }
}
