package dev.engram.autodiff.batch;

import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.DType;
import dev.engram.ir.Lit;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Rows;
import java.util.List;

/** Moves over a batch: the same move on the other axes. */
record BatchMove(BatchWalk batching) {

  BatchedValue rule(Move op, List<BatchedValue> in) {
    int n = batching.size;
    return switch (op) {
      case Move.Reshape m -> one(new Move.Reshape(m.shape().insert(0, n)), in);
      case Move.Transpose m ->
          one(new Move.Transpose(BatchWalk.prepend(0, BatchWalk.shift(m.perm()))), in);
      case Move.Broadcast m ->
          one(
              new Move.Broadcast(
                  m.shape().insert(0, n), BatchWalk.prepend(0, BatchWalk.shift(m.axes()))),
              in);
      case Move.Slice m ->
          one(
              new Move.Slice(
                  BatchWalk.prepend(0, m.start()),
                  BatchWalk.prepend(n, m.limit()),
                  BatchWalk.prepend(1, m.stride())),
              in);
      case Move.Pad m -> pad(m, in.get(0), in.get(1));
      case Move.Concat m -> one(new Move.Concat(m.axis() + 1), in);
      case Move.Reverse m -> one(new Move.Reverse(BatchWalk.shift(m.axes())), in);
      case Move.Shear m -> one(new Move.Shear(m.axis() + 1, m.by() + 1, m.step()), in);
    };
  }

  private BatchedValue one(Move op, List<BatchedValue> in) {
    return BatchedValue.batched(
        batching.b.emit(op, in.stream().map(batching::widen).toList()).getFirst());
  }

  private BatchedValue pad(Move.Pad op, BatchedValue x, BatchedValue fill) {
    Move.Pad wide =
        new Move.Pad(
            BatchWalk.prepend(0, op.low()),
            BatchWalk.prepend(0, op.high()),
            BatchWalk.prepend(0, op.interior()));
    if (!fill.batched()) {
      return BatchedValue.batched(batching.b.emit1(wide, x.value(), fill.value()));
    }
    // A fill of its own for every example: pad with anything, then choose.
    TensorType type = BatchWalk.example(x);
    Value inside = Lit.ofLong(type.with(DType.BOOL), 0);
    Value isFill = batching.b.emit1(op, inside, Lit.ofLong(TensorType.scalar(DType.BOOL), 1));
    Value padded =
        batching.b.emit1(wide, batching.widen(x), Lit.zero(TensorType.scalar(type.dtype())));
    List<Integer> examples = List.of(0);
    Value fills =
        Terms.spread(
            batching.b,
            fill.value(),
            padded.type().shape(),
            Terms.others(padded.type().rank(), examples));
    return BatchedValue.batched(
        Terms.row(
            batching.b, Rows.SELECT, batching.widen(BatchedValue.shared(isFill)), fills, padded));
  }
}
