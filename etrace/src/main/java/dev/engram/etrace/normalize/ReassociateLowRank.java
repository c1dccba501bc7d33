package dev.engram.etrace.normalize;

import dev.engram.etrace.analysis.Flow;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.Dce;
import dev.engram.ir.passes.GraphRewriter;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reassociates low-rank products, {@code (x · A) · B} to {@code x · (A · B)}, so that both factors
 * meet data at one site. The factors are matrices, or values computed from weights only; the
 * intermediate result may be scaled by a constant.
 */
public final class ReassociateLowRank {
  private final Flow flow;

  /** {@code x · a}, times {@code scale}. */
  private record Inner(Value x, Value a, Dot dot, Optional<Lit> scale) {}

  private ReassociateLowRank(Graph g) {
    flow = new Flow(g);
  }

  public static Graph run(Graph g) {
    ReassociateLowRank a = new ReassociateLowRank(g);
    Set<Value> outs = new HashSet<>(g.outs());
    return Dce.run(
        GraphRewriter.walk(
            g,
            (to, e, _) ->
                a.inner(e, outs)
                    .<List<? extends Value>>map(inner -> List.of(joined(to, e, inner)))
                    .orElseGet(() -> to.keep(e))));
  }

  // The product before e = (x · a) · b, if nothing else reads it.
  private Optional<Inner> inner(Eqn e, Set<Value> outs) {
    if (!isVectorMatrix(e) || !(e.in(0) instanceof Var y)) {
      return Optional.empty();
    }
    Optional<Lit> scale = Optional.empty();
    Value from = y;
    Eqn before = flow.definition(y);
    if (before != null && isScaling(before)) {
      if (!isPrivate(y, outs)) {
        return Optional.empty();
      }
      boolean first = before.in(0) instanceof Lit;
      scale = Optional.of((Lit) before.in(first ? 0 : 1));
      from = before.in(first ? 1 : 0);
    }
    if (!(from instanceof Var z) || !isPrivate(z, outs)) {
      return Optional.empty();
    }
    Eqn product = flow.definition(z);
    return product != null && isVectorMatrix(product)
        ? Optional.of(new Inner(product.in(0), product.in(1), (Dot) product.op(), scale))
        : Optional.empty();
  }

  private boolean isPrivate(Var v, Set<Value> outs) {
    return flow.uses(v).size() == 1 && !outs.contains(v);
  }

  private static boolean isScaling(Eqn e) {
    return e.op() instanceof Elementwise(ElementwiseRow row)
        && row.equals(Rows.MUL)
        && (e.in(0) instanceof Lit || e.in(1) instanceof Lit);
  }

  // The last axis of data against the first of a matrix of weights.
  private boolean isVectorMatrix(Eqn e) {
    return e.op() instanceof Dot d
        && d.lhsBatch().isEmpty()
        && d.lhsContract().equals(List.of(e.in(0).type().rank() - 1))
        && d.rhsContract().equals(List.of(0))
        && e.in(1).type().rank() == 2
        && !flow.isPure(e.in(0))
        && flow.isPure(e.in(1));
  }

  private static Value joined(GraphRewriter to, Eqn e, Inner inner) {
    Builder b = to.builder();
    Value ab = b.emit1(Dot.matmul(), to.mapped(inner.a), to.mapped(e.in(1)));
    if (inner.scale.isPresent()) {
      Lit s = Lit.of(ab.type(), inner.scale.get().asDouble());
      ab = b.emit1(new Elementwise(Rows.MUL), ab, s);
    }
    return b.emit1(inner.dot, to.mapped(inner.x), ab);
  }
}
