package dev.engram.lower.prepare;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Shape;
import dev.engram.ir.Value;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.passes.GraphRewriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Transposes right operands of contractions whose neighbours in memory lie along the contracted
 * axis, so that the result's last axis can run in vectors. Where the operand is the same at every
 * step of a scan, hoisting takes the transpose out.
 */
final class PackOperands {
  /** The copy must be read at least so often to pay. */
  private final long reads;

  /** What makes a value of the old graph. */
  private final Map<Value, Eqn> defining = new HashMap<>();

  private final Map<List<Object>, Value> packed = new HashMap<>();

  private PackOperands(long reads) {
    this.reads = reads;
  }

  static Graph run(Graph g, long reads) {
    return GraphRewriter.walk(g, new PackOperands(reads)::step);
  }

  private List<? extends Value> step(GraphRewriter to, Eqn e, List<Value> in) {
    e.outputs().forEach(v -> defining.put(v, e));
    return e.op() instanceof Dot d ? dot(to, e, d, in) : to.keep(e, inner -> run(inner, reads));
  }

  private List<? extends Value> dot(GraphRewriter to, Eqn e, Dot d, List<Value> in) {
    Value r = in.get(1);
    int rank = r.type().rank();
    long rows = in.get(0).type().size() / Math.max(1, size(in.get(0), d.lhsContract()));
    rows /= Math.max(1, size(in.get(0), d.lhsBatch()));
    boolean wide = size(r, d.rhsFree(rank)) > 1;
    int neighbour = neighbour(e.in(1));
    if (rows < reads || !wide || !d.rhsContract().contains(neighbour)) {
      return to.keep(e);
    }
    List<Integer> perm = new ArrayList<>(d.rhsBatch());
    perm.addAll(d.rhsContract());
    perm.addAll(d.rhsFree(rank));
    Value dense =
        packed.computeIfAbsent(
            List.of(r, perm), _ -> to.builder().emit1(new PackedOperand(perm), r));
    int nb = d.rhsBatch().size();
    Dot same =
        new Dot(d.lhsContract(), range(nb, d.rhsContract().size()), d.lhsBatch(), range(0, nb));
    return to.emit(e, same, List.of(in.get(0), dense));
  }

  private static List<Integer> range(int from, int n) {
    return IntStream.range(from, from + n).boxed().toList();
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
        case Op _ -> {}
      }
    }
    int last = shape.rank() - 1;
    while (last > 0 && shape.dim(last) == 1) {
      last--;
    }
    return last;
  }
}
