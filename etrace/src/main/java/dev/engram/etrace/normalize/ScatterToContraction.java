package dev.engram.etrace.normalize;

import dev.engram.etrace.analysis.Flow;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.Dce;
import dev.engram.ir.passes.GraphRewriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Rewrites scatter-adds with constant indices from the side of the positions: each gathers its
 * updates.
 *
 * <p>If every position has one update, that is a gather, which relabels. If the updates are
 * products of weights with data, as in a product with a sparse matrix, it is a contraction, in
 * which every position has as many weights as the fullest one: {@code y_i = Σ_k w[t_ik] x[t_ik]}.
 * Traces of the size of the weights can follow both.
 */
public final class ScatterToContraction {
  private final Flow flow;
  private final GraphRewriter to;

  private ScatterToContraction(Flow flow, GraphRewriter to) {
    this.flow = flow;
    this.to = to;
  }

  public static Graph run(Graph g) {
    Flow flow = new Flow(g);
    return Dce.run(
        GraphRewriter.walk(
            g,
            (to, e, _) ->
                new ScatterToContraction(flow, to)
                    .collected(e)
                    .<List<? extends Value>>map(List::of)
                    .orElseGet(() -> to.keep(e))));
  }

  /**
   * For each position, the updates that reach it, in order.
   *
   * @param most updates of one position
   */
  private record Table(List<List<Integer>> from, int most) {
    static Table of(HostTensor indices, int positions) {
      List<List<Integer>> from = new ArrayList<>();
      IntStream.range(0, positions).forEach(_ -> from.add(new ArrayList<>()));
      for (int k = 0; k < indices.type().size(); k++) {
        long to = (long) indices.getDouble(k);
        if (to >= 0 && to < positions) {
          from.get((int) to).add(k);
        }
      }
      return new Table(from, from.stream().mapToInt(List::size).max().orElse(0));
    }

    /** {@code [positions, most]}; 0 where there is no update. */
    HostTensor updates() {
      int[] at = new int[from.size() * most];
      for (int i = 0; i < from.size(); i++) {
        for (int k = 0; k < from.get(i).size(); k++) {
          at[i * most + k] = from.get(i).get(k);
        }
      }
      return HostTensor.of(at, from.size(), most);
    }

    /** {@code [positions, most]}; 1 where there is one. */
    HostTensor some() {
      int[] ones = new int[from.size() * most];
      for (int i = 0; i < from.size(); i++) {
        for (int k = 0; k < from.get(i).size(); k++) {
          ones[i * most + k] = 1;
        }
      }
      return HostTensor.of(ones, from.size(), most);
    }
  }

  private Optional<Value> collected(Eqn e) {
    if (!(e.op() instanceof Index.Scatter(int axis, int batch, Index.Combine combine))
        || batch != 0
        || e.in(1).type().rank() != 1
        || combine != Index.Combine.ADD
        || !e.out().type().dtype().isFloat()
        || flow.isPure(e.in(2))
        || flow.weightsOf(e.in(2)).isEmpty()) {
      return Optional.empty();
    }
    Optional<HostTensor> indices = Relabelling.constant(flow, e.in(1));
    if (indices.isEmpty()) {
      return Optional.empty();
    }
    Table table = Table.of(indices.get(), e.out().type().shape().dim(axis));
    return table.most() == 1
        ? Optional.of(to.builder().lift(one(e, axis, table)))
        : product(e).map(p -> to.builder().lift(many(e, p, table)));
  }

  private Tensor one(Eqn e, int axis, Table table) {
    Tensor into = tracer(e.in(0));
    Tensor updates = tracer(e.in(2));
    int sent = FlatLength.of(e.in(1).type());
    int positions = into.dim(axis);
    Shape line = into.shape().with(axis, sent);
    HostTensor from = table.updates().reshape(positions).host();
    Tensor taken = updates.reshape(line).take(constant(from), axis);
    Tensor some = table.some().reshape(positions).ne(HostTensor.of(new int[] {0}));
    Shape beside = onAxis(into.shape(), axis);
    Tensor mask = constant(some.reshape(beside).broadcastTo(into.shape()).host());
    return into.add(mask.select(taken, taken.like(0).broadcastTo(taken.shape())));
  }

  private static Shape onAxis(Shape s, int axis) {
    Shape out = s;
    for (int i = 0; i < s.rank(); i++) {
      out = i == axis ? out : out.with(i, 1);
    }
    return out;
  }

  /** Weights and data that are multiplied, one element for each update. */
  private record Product(Value weights, Value data) {}

  private Optional<Product> product(Eqn e) {
    if (!(e.in(2) instanceof Var updates) || updates.type().rank() != 1) {
      return Optional.empty();
    }
    Eqn made = flow.definition(updates);
    if (made == null
        || !(made.op() instanceof Elementwise(ElementwiseRow row) && row.equals(Rows.MUL))) {
      return Optional.empty();
    }
    Value x = made.in(0);
    Value y = made.in(1);
    if (flow.isPure(x) == flow.isPure(y)) {
      return Optional.empty();
    }
    return Optional.of(flow.isPure(x) ? new Product(x, y) : new Product(y, x));
  }

  private Tensor many(Eqn e, Product p, Table table) {
    Tensor at = constant(table.updates());
    Tensor some = constant(table.some().cast(e.out().type().dtype()).host());
    Tensor weights = tracer(p.weights()).take(at, 0).mul(some);
    Tensor data = tracer(p.data()).take(at, 0);
    Dot each = new Dot(List.of(1), List.of(1), List.of(0), List.of(0));
    return tracer(e.in(0)).add(data.dot(weights, each));
  }

  private Tensor tracer(Value v) {
    return to.builder().tracer(to.mapped(v));
  }

  private Tensor constant(HostTensor t) {
    return to.builder().tracer(to.builder().lift(t));
  }
}
