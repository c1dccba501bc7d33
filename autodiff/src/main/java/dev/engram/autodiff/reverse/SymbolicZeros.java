package dev.engram.autodiff.reverse;

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
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Inlines a graph some of whose arguments are zero by structure, as the cotangents of results are
 * that nobody uses, and drops what they make zero.
 *
 * <p>A product with such a zero is zero whatever the other factor is, as everywhere in
 * differentiation; an op that has no rule here gets a literal zero and its own result. Not a {@link
 * dev.engram.ir.passes.GraphRewriter}: a value may have none in the new graph.
 */
final class SymbolicZeros {
  private final Builder b;
  private final Map<Value, Optional<Value>> known = new HashMap<>();

  private SymbolicZeros(Builder b) {
    this.b = b;
  }

  /** The results of {@code g}; empty arguments and results are zero. */
  static List<Optional<Value>> inline(Builder b, Graph g, List<Optional<Value>> args) {
    SymbolicZeros z = new SymbolicZeros(b);
    for (int i = 0; i < args.size(); i++) {
      z.known.put(g.params().get(i).var(), args.get(i));
    }
    g.eqns().forEach(z::visit);
    return g.outs().stream().map(z::of).toList();
  }

  private Optional<Value> of(Value v) {
    return v instanceof Lit ? Optional.of(v) : known.get(v);
  }

  private Value full(Value v) {
    return of(v).orElseGet(() -> Lit.zero(v.type()));
  }

  private void visit(Eqn e) {
    b.at(e.where());
    List<Optional<Value>> in = e.inputs().stream().map(this::of).toList();
    if (in.stream().allMatch(Optional::isPresent)) {
      keep(e);
      return;
    }
    switch (e.op()) {
      case Elementwise(ElementwiseRow row) -> elementwise(e, row, in);
      case Dot _ -> zero(e);
      case Cast _ -> zeroWhenFirstIs(e, in);
      case Reduce r -> {
        if (r.kind() == Reduce.Kind.SUM) {
          zero(e);
        } else {
          keep(e);
        }
      }
      case Move _ -> {
        if (in.stream().allMatch(Optional::isEmpty)
            || (e.op() instanceof Move.Pad && e.in(1) instanceof Lit fill && fill.is(0))) {
          zero(e);
        } else {
          keep(e);
        }
      }
      case Index.Gather _, Index.DynamicSlice _ -> zeroWhenFirstIs(e, in);
      case Index.Scatter _, Index.DynamicUpdate _, Index.ArgSort _ -> keep(e);
      case Control.Call call when call.derivative() instanceof Control.Derivative.Plain -> {
        List<Optional<Value>> outs = inline(b, call.body(), in);
        for (int i = 0; i < outs.size(); i++) {
          known.put(e.outputs().get(i), outs.get(i));
        }
      }
      case Control _, Source _, Check _, HostEffect _, Custom _ -> keep(e);
    }
  }

  private void elementwise(Eqn e, ElementwiseRow row, List<Optional<Value>> in) {
    if (row.equals(Rows.ADD)) {
      known.put(e.out(), in.get(0).isPresent() ? in.get(0) : in.get(1));
    } else if (row.equals(Rows.SUB)) {
      known.put(
          e.out(),
          in.get(0).isPresent()
              ? in.get(0)
              : in.get(1).map(v -> b.emit1(new Elementwise(Rows.NEG), v)));
    } else if (row.equals(Rows.MUL) || row.equals(Rows.NEG)) {
      zero(e);
    } else if (row.equals(Rows.DIV)) {
      zeroWhenFirstIs(e, in);
    } else if (row.equals(Rows.SELECT) && in.get(1).isEmpty() && in.get(2).isEmpty()) {
      zero(e);
    } else {
      keep(e);
    }
  }

  private void zeroWhenFirstIs(Eqn e, List<Optional<Value>> in) {
    if (in.getFirst().isEmpty()) {
      zero(e);
    } else {
      keep(e);
    }
  }

  private void zero(Eqn e) {
    known.put(e.out(), Optional.empty());
  }

  private void keep(Eqn e) {
    List<Value> in = new ArrayList<>(e.inputs().stream().map(this::full).toList());
    List<Var> outs = b.emit(e.op(), in);
    for (int i = 0; i < outs.size(); i++) {
      known.put(e.outputs().get(i), Optional.of(outs.get(i)));
    }
  }
}
