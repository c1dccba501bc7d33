package dev.engram.lower.prepare;

import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Shape;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Move;
import dev.engram.ir.passes.InnerGraphs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Transposes right operands of contractions whose neighbours in memory lie along the contracted
 * axis, so that the result's last axis can run in vectors. Where the operand is the same at every
 * step of a scan, hoisting takes the transpose out.
 */
final class PackOperands {
  /** The copy must be read at least so often to pay. */
  private static final long ROWS = 4;

  private final Builder to;
  private final Map<Value, Value> map = new HashMap<>();
  private final Map<Value, Eqn> defining = new HashMap<>();
  private final Map<List<Object>, Value> packed = new HashMap<>();

  private PackOperands(String name) {
    to = new Builder(name);
  }

  static Graph run(Graph g) {
    PackOperands p = new PackOperands(g.name());
    for (Param q : g.params()) {
      p.map.put(q.var(), p.to.param(q));
    }
    for (Eqn e : g.eqns()) {
      p.equation(e);
    }
    return p.to.build(g.outs().stream().map(v -> Builder.mapped(p.map, v)).toList());
  }

  private void equation(Eqn e) {
    List<Value> in = e.inputs().stream().map(v -> Builder.mapped(map, v)).toList();
    Eqn mapped =
        switch (e.op()) {
          case Dot d -> dot(e, d, in);
          case Control.Scan _, Control.While _, Control.Cond _ ->
              new Eqn(InnerGraphs.map(e.op(), PackOperands::run), in, e.outputs(), e.where());
          case dev.engram.ir.op.Elementwise _,
              dev.engram.ir.op.Cast _,
              dev.engram.ir.op.Reduce _,
              Move _,
              dev.engram.ir.op.Index _,
              dev.engram.ir.op.Source _,
              dev.engram.ir.op.Check _,
              dev.engram.ir.op.HostEffect _,
              Control _,
              dev.engram.ir.op.Custom _ ->
              new Eqn(e.op(), in, e.outputs(), e.where());
        };
    var outs = to.at(e.where()).emit(mapped.op(), mapped.inputs());
    for (int i = 0; i < outs.size(); i++) {
      map.put(e.outputs().get(i), outs.get(i));
      defining.put(outs.get(i), mapped);
    }
  }

  private Eqn dot(Eqn e, Dot d, List<Value> in) {
    Value r = in.get(1);
    int rank = r.type().rank();
    long rows = in.get(0).type().size() / Math.max(1, size(in.get(0), d.lhsContract()));
    rows /= Math.max(1, size(in.get(0), d.lhsBatch()));
    boolean wide = size(r, d.rhsFree(rank)) > 1;
    int neighbour = neighbour(r);
    if (rows < ROWS || !wide || !d.rhsContract().contains(neighbour)) {
      return new Eqn(d, in, e.outputs(), e.where());
    }
    List<Integer> perm = new ArrayList<>(d.rhsBatch());
    perm.addAll(d.rhsContract());
    perm.addAll(d.rhsFree(rank));
    Value dense =
        packed.computeIfAbsent(
            List.of(r, perm), _ -> to.at(e.where()).emit1(new PackedOperand(perm), r));
    int nb = d.rhsBatch().size();
    Dot same =
        new Dot(d.lhsContract(), range(nb, d.rhsContract().size()), d.lhsBatch(), range(0, nb));
    return new Eqn(same, List.of(in.get(0), dense), e.outputs(), e.where());
  }

  private static List<Integer> range(int from, int n) {
    return java.util.stream.IntStream.range(from, from + n).boxed().toList();
  }

  private static long size(Value v, List<Integer> axes) {
    return axes.stream().mapToLong(a -> v.type().shape().dim(a)).reduce(1, (a, b) -> a * b);
  }

  // The axis along which neighbours lie next to each other in memory, seen through moves; -1: none.
  private int neighbour(Value v) {
    Eqn e = defining.get(v);
    Shape shape = v.type().shape();
    if (e != null) {
      switch (e.op()) {
        case Move.Transpose t -> {
          return t.perm().indexOf(neighbour(e.in(0)));
        }
        case Move.Broadcast b -> {
          int a = neighbour(e.in(0));
          return a < 0 ? -1 : b.axes().get(a);
        }
        case dev.engram.ir.op.Op _ -> {}
      }
    }
    int last = shape.rank() - 1;
    while (last > 0 && shape.dim(last) == 1) {
      last--;
    }
    return last;
  }
}
