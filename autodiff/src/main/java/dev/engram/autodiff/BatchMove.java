package dev.engram.autodiff;

import dev.engram.ir.DType;
import dev.engram.ir.Lit;
import dev.engram.ir.Move;
import dev.engram.ir.Rows;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import java.util.List;

/** Moves over a batch: the same move on the other axes. */
record BatchMove(Batching batching) {

  Wide rule(Move op, List<Wide> in) {
    int n = batching.size;
    return switch (op) {
      case Move.Reshape m -> one(new Move.Reshape(m.shape().insert(0, n)), in);
      case Move.Transpose m ->
          one(new Move.Transpose(Batching.prepend(0, Batching.shift(m.perm()))), in);
      case Move.Broadcast m ->
          one(
              new Move.Broadcast(
                  m.shape().insert(0, n), Batching.prepend(0, Batching.shift(m.axes()))),
              in);
      case Move.Slice m ->
          one(
              new Move.Slice(
                  Batching.prepend(0, m.start()),
                  Batching.prepend(n, m.limit()),
                  Batching.prepend(1, m.stride())),
              in);
      case Move.Pad m -> pad(m, in.get(0), in.get(1));
      case Move.Concat m -> one(new Move.Concat(m.axis() + 1), in);
      case Move.Reverse m -> one(new Move.Reverse(Batching.shift(m.axes())), in);
      case Move.Shear m -> one(new Move.Shear(m.axis() + 1, m.by() + 1, m.step()), in);
    };
  }

  private Wide one(Move op, List<Wide> in) {
    return Wide.batched(batching.b.emit(op, in.stream().map(batching::widen).toList()).getFirst());
  }

  private Wide pad(Move.Pad op, Wide x, Wide fill) {
    Move.Pad wide =
        new Move.Pad(
            Batching.prepend(0, op.low()),
            Batching.prepend(0, op.high()),
            Batching.prepend(0, op.interior()));
    if (!fill.batched()) {
      return Wide.batched(batching.b.emit1(wide, x.value(), fill.value()));
    }
    // A fill of its own for every example: pad with anything, then choose.
    TensorType type = Batching.example(x);
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
    return Wide.batched(
        Terms.row(batching.b, Rows.SELECT, batching.widen(Wide.shared(isFill)), fills, padded));
  }
}
