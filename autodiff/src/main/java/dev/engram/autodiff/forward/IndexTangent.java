package dev.engram.autodiff.forward;

import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.Value;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Tangents of reads and writes at positions known in the run: linear in the data, not in positions.
 */
public record IndexTangent(ForwardWalk push) {

  Optional<Value> of(Index op, List<Dual> in, Value y) {
    return switch (op) {
      case Index.Gather _, Index.DynamicSlice _ -> linear(op, in, 1);
      case Index.DynamicUpdate _ -> linear(op, in, 2);
      case Index.Scatter s ->
          switch (s.combine()) {
            case ADD -> add(s, in);
            // The last update of a position wins, for tangents as for values.
            case SET -> Optional.of(scatter(s, in, tangent(in, 0), tangent(in, 2)));
            case MAX -> Optional.of(max(s, in, y));
          };
      case Index.ArgSort _ -> Optional.empty();
    };
  }

  private Optional<Value> linear(Index op, List<Dual> in, int data) {
    List<Value> args = new ArrayList<>();
    for (int i = 0; i < in.size(); i++) {
      args.add(i < data ? tangent(in, i) : push.saved(in.get(i).primal()));
    }
    return Optional.of(push.tangent.emit(op, args).getFirst());
  }

  private Value tangent(List<Dual> in, int i) {
    return Terms.orZero(in.get(i).tangent(), in.get(i).primal().type());
  }

  private Optional<Value> add(Index.Scatter op, List<Dual> in) {
    return in.get(2).hasTangent()
        ? Optional.of(scatter(op, in, tangent(in, 0), tangent(in, 2)))
        : in.getFirst().tangent();
  }

  private Value scatter(Index.Scatter op, List<Dual> in, Value x, Value updates) {
    return push.tangent.emit1(op, x, push.saved(in.get(1).primal()), updates);
  }

  /**
   * The greatest of the element and its updates; those that attain it share the tangent equally.
   *
   * <p>dy = (Σ of dx and du that attain y) / (their number), at every position.
   */
  private Value max(Index.Scatter op, List<Dual> in, Value y) {
    Index.Scatter add = new Index.Scatter(op.axis(), op.batch(), Index.Combine.ADD);
    Index.Gather read = new Index.Gather(op.axis(), op.batch());
    Tensor x = push.savedTensor(in.get(0).primal());
    Tensor at = push.savedTensor(in.get(1).primal());
    Tensor u = push.savedTensor(in.get(2).primal());
    Tensor top = push.savedTensor(y);
    Tensor hitX = x.eq(top).cast(x.dtype());
    Tensor hitU =
        u.eq(one(read, top, at))
            .and(inRange(at, x.dim(op.axis()), op.axis(), op.batch(), u.shape()))
            .cast(x.dtype());
    Tensor count = one(add, hitX, at, hitU);
    Tensor dx = push.tangent.tracer(tangent(in, 0)).mul(hitX);
    Tensor du = push.tangent.tracer(tangent(in, 2)).mul(hitU);
    return push.tangent.lift(one(add, dx, at, du).div(count));
  }

  public static Tensor one(Index op, Tensor... in) {
    return Tensor.apply(op, List.of(in)).getFirst();
  }

  /** Where an index is inside the axis of length {@code n}, spread over the updates' shape. */
  public static Tensor inRange(Tensor at, int n, int axis, int batch, Shape updates) {
    Tensor inside = at.ge(0).and(at.lt(n));
    List<Integer> axes =
        IntStream.range(0, at.rank()).map(i -> i < batch ? i : axis + i - batch).boxed().toList();
    return Tensor.apply(new Move.Broadcast(updates, axes), List.of(inside)).getFirst();
  }
}
