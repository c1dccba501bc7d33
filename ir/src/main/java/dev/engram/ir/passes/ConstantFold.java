package dev.engram.ir.passes;

import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.checks.Given;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Collective;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.OptimizationBarrier;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import dev.engram.ir.passes.rewrite.Graphs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Computes what is known before the run, with the interpreter: rows and casts of literals of any
 * size, other ops on literals and constants while operands and results have at most {@link #LIMIT}
 * elements. A result whose elements are all one is a literal.
 */
public final class ConstantFold {
  /** The most elements of a tensor that is computed here. */
  public static final int LIMIT = 4096;

  private final Builder builder;
  private final Map<Value, Value> map = new HashMap<>();
  private final Map<Value, HostTensor> known = new HashMap<>();

  private ConstantFold(Builder builder) {
    this.builder = builder;
  }

  public static Graph run(Graph g) {
    Given.given("ConstantFold.run", "g", g);
    ConstantFold fold = new ConstantFold(new Builder(g.name()));
    for (Param p : g.params()) {
      fold.map.put(p.var(), fold.builder.param(p));
    }
    for (Eqn e : g.eqns()) {
      fold.eqn(e);
    }
    return fold.builder.build(g.outs().stream().map(v -> Builder.mapped(fold.map, v)).toList());
  }

  private void eqn(Eqn e) {
    List<Value> in = e.inputs().stream().map(v -> Builder.mapped(map, v)).toList();
    switch (e.op()) {
      case Elementwise _, Cast _ -> {
        if (in.stream().allMatch(Lit.class::isInstance)) {
          map.put(e.out(), literal(e, in));
        } else {
          pure(e, in);
        }
      }
      case Reduce _, Dot _, Move _, Index _ -> pure(e, in);
      case Custom c -> {
        if (c instanceof Collective || c instanceof OptimizationBarrier) {
          builder.copy(e, map);
        } else {
          pure(e, in);
        }
      }
      case Source.Const c -> constant(e, 0, c.value());
      case Source.RandomBits _ -> pure(e, in);
      // An index is cheaper to make than to load.
      case Source.Iota _ -> builder.copy(e, map);
      // Errors and notices belong to the run.
      case Check _, HostEffect _ -> builder.copy(e, map);
      case Control c ->
          builder.copy(
              new Eqn(Graphs.mapInner(c, ConstantFold::run), e.inputs(), e.outputs(), e.where()),
              map);
    }
  }

  private static Lit literal(Eqn e, List<Value> in) {
    List<HostTensor> one =
        in.stream()
            .map(v -> HostTensor.fill(TensorType.scalar(v.type().dtype()), ((Lit) v).bits()))
            .toList();
    HostTensor y = Interpreter.eval(e.op(), one, e.where()).getFirst();
    return new Lit(e.out().type(), y.bits(0));
  }

  private void pure(Eqn e, List<Value> in) {
    boolean small =
        in.stream()
                .allMatch(
                    v -> v.type().size() <= LIMIT && (v instanceof Lit || known.containsKey(v)))
            && e.outputs().stream().allMatch(v -> v.type().size() <= LIMIT);
    if (!small) {
      builder.copy(e, map);
      return;
    }
    List<HostTensor> args = new ArrayList<>();
    for (Value v : in) {
      args.add(v instanceof Lit lit ? HostTensor.fill(lit.type(), lit.bits()) : known.get(v));
    }
    List<HostTensor> results = Interpreter.eval(e.op(), args, e.where());
    for (int i = 0; i < results.size(); i++) {
      constant(e, i, results.get(i));
    }
  }

  private void constant(Eqn e, int output, HostTensor value) {
    Value v = builder.at(e.where()).lift(value);
    map.put(e.outputs().get(output), v);
    if (v instanceof Var) {
      known.put(v, value);
    }
  }
}
