package dev.engram.trace;

import dev.engram.Compiler;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Param;
import dev.engram.ir.Tensor;
import dev.engram.ir.Trace;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Source;
import dev.engram.jit.EagerCodeCache;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Adds a graph to the current trace, or runs it where there is none. */
public final class TraceOrRun {
  private TraceOrRun() {}

  public static List<? extends Tensor> graph(Graph g, List<Tensor> args) {
    Optional<Trace> trace = Trace.current();
    if (trace.isEmpty()) {
      List<Tensor> operands = new ArrayList<>(args);
      Graph open = withoutConstants(g, operands);
      return EagerCodeCache.compileOnce(Compiler.standard(), open).runOnDevice(operands);
    }
    Trace t = trace.get();
    return t.inline(g, args.stream().map(t::lift).toList()).stream().map(t::tracer).toList();
  }

  /**
   * Turns each constant of {@code g} into a parameter, and adds the constants to {@code operands},
   * so that a function that captures a different batch each time is compiled once.
   */
  private static Graph withoutConstants(Graph g, List<Tensor> operands) {
    if (g.eqns().stream().noneMatch(e -> e.op() instanceof Source.Const)) {
      return g;
    }
    List<Param> params = new ArrayList<>(g.params());
    List<Eqn> eqns = new ArrayList<>();
    for (Eqn e : g.eqns()) {
      if (e.op() instanceof Source.Const(HostTensor value)) {
        params.add(Param.input(e.out()));
        operands.add(value);
      } else {
        eqns.add(e);
      }
    }
    return new Graph(g.name(), params, eqns, g.outs());
  }

  public static List<? extends Tensor> op(Op op, List<Tensor> args) {
    Optional<Trace> trace = Trace.current();
    if (trace.isPresent()) {
      Trace t = trace.get();
      return t.emit(op, args.stream().map(t::lift).toList()).stream().map(t::tracer).toList();
    }
    Builder b = new Builder(op.mnemonic());
    List<Var> params = new ArrayList<>();
    args.forEach(a -> params.add(b.param(Param.input(new Var(a.type())))));
    List<Var> outs = b.emit(op, params);
    return graph(b.build(outs), args);
  }

  /** Rebinds {@code g} to the parameters of {@code like}, followed by {@code more}. */
  public static Graph bound(Graph like, Graph g, List<? extends Value> more) {
    Builder b = new Builder(like.name());
    List<Value> args = new ArrayList<>();
    like.params().forEach(p -> args.add(b.param(p)));
    args.addAll(more);
    return b.build(b.inline(g, args));
  }
}
