package dev.engram.ir.passes.simplify;

import dev.engram.ir.Lit;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Source;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Rules for reads and writes at positions that turn out to be known. */
final class SimplifyIndex {
  private SimplifyIndex() {}

  static Optional<Value> index(RuleRewriter r, Index op, List<Value> in, TensorType out) {
    Value x = in.getFirst();
    return switch (op) {
      case Index.Gather _ ->
          x instanceof Lit lit ? Optional.of(new Lit(out, lit.bits())) : Optional.empty();
      case Index.Scatter _ -> in.get(2).type().size() == 0 ? Optional.of(x) : Optional.empty();
      case Index.DynamicSlice s -> dynamicSlice(r, s, in);
      case Index.DynamicUpdate _ -> {
        Value update = in.get(1);
        if (update.type().equals(x.type())) {
          yield Optional.of(update);
        }
        yield update.type().size() == 0 ? Optional.of(x) : Optional.empty();
      }
      // Equal elements keep their order.
      case Index.ArgSort s ->
          x instanceof Lit
              ? Optional.of(r.apply1(new Source.Iota(out, s.axis())))
              : Optional.empty();
    };
  }

  private static Optional<Value> dynamicSlice(
      RuleRewriter r, Index.DynamicSlice op, List<Value> in) {
    Value x = in.getFirst();
    List<Integer> start = new ArrayList<>();
    List<Integer> limit = new ArrayList<>();
    for (int a = 0; a < x.type().rank(); a++) {
      int size = op.sizes().dim(a);
      int room = x.type().shape().dim(a) - size;
      if (room > 0 && !(x instanceof Lit) && !(in.get(a + 1) instanceof Lit)) {
        return Optional.empty();
      }
      int from = in.get(a + 1) instanceof Lit at ? Math.clamp(at.asLong(), 0, room) : 0;
      start.add(from);
      limit.add(from + size);
    }
    return Optional.of(
        r.apply1(new Move.Slice(start, limit, Collections.nCopies(start.size(), 1)), x));
  }
}
