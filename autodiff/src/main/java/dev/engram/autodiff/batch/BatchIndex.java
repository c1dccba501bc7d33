package dev.engram.autodiff.batch;

import dev.engram.autodiff.forward.IndexTangent;
import dev.engram.ir.DType;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads and writes over a batch. Positions that differ between examples go into the batch axes of
 * gather and scatter; a dynamic window with such starts becomes a gather or scatter of the clamped
 * positions on each axis that it does not cover.
 */
record BatchIndex(BatchWalk batching) {

  BatchedValue rule(Index op, List<BatchedValue> in) {
    return switch (op) {
      case Index.Gather g -> gather(g, in.get(0), in.get(1));
      case Index.Scatter s -> scatter(s, in);
      case Index.DynamicSlice s -> slice(s, in.getFirst(), in.subList(1, in.size()));
      case Index.DynamicUpdate _ -> update(in.get(0), in.get(1), in.subList(2, in.size()));
      case Index.ArgSort s ->
          BatchedValue.batched(
              batching.b.emit1(
                  new Index.ArgSort(s.axis() + 1, s.descending()), in.getFirst().value()));
    };
  }

  private BatchedValue gather(Index.Gather op, BatchedValue x, BatchedValue at) {
    if (op.batch() == 0 && !at.batched()) {
      Index.Gather shifted = new Index.Gather(op.axis() + 1, 0);
      return BatchedValue.batched(batching.b.emit1(shifted, x.value(), at.value()));
    }
    if (op.batch() == 0 && !x.batched()) {
      Value y = batching.b.emit1(op, x.value(), at.value());
      return BatchedValue.batched(batching.toFront(y, op.axis()));
    }
    Index.Gather paired = new Index.Gather(op.axis() + 1, op.batch() + 1);
    return BatchedValue.batched(batching.b.emit1(paired, batching.widen(x), batching.widen(at)));
  }

  private BatchedValue scatter(Index.Scatter op, List<BatchedValue> in) {
    BatchedValue at = in.get(1);
    boolean shared = op.batch() == 0 && !at.batched();
    Index.Scatter wide =
        new Index.Scatter(op.axis() + 1, shared ? 0 : op.batch() + 1, op.combine());
    return BatchedValue.batched(
        batching.b.emit1(
            wide,
            batching.widen(in.get(0)),
            shared ? at.value() : batching.widen(at),
            batching.widen(in.get(2))));
  }

  private BatchedValue slice(Index.DynamicSlice op, BatchedValue x, List<BatchedValue> starts) {
    if (starts.stream().noneMatch(BatchedValue::batched)) {
      List<Value> args = new ArrayList<>(List.of(x.value()));
      addStarts(starts, args);
      Index.DynamicSlice wide = new Index.DynamicSlice(op.sizes().insert(0, batching.size));
      return BatchedValue.batched(batching.b.emit(wide, args).getFirst());
    }
    BatchedValue y = x;
    Shape shape = BatchWalk.example(x).shape();
    for (int a = 0; a < shape.rank(); a++) {
      if (op.sizes().dim(a) != shape.dim(a)) {
        BatchedValue at = positions(starts.get(a), op.sizes().dim(a), shape.dim(a));
        y =
            y.batched() || at.batched()
                ? gather(new Index.Gather(a, 0), y, at)
                : BatchedValue.shared(
                    batching.b.emit1(new Index.Gather(a, 0), y.value(), at.value()));
      }
    }
    return y;
  }

  /** The starts after one for the batch axis. */
  private static void addStarts(List<BatchedValue> starts, List<Value> args) {
    if (!starts.isEmpty()) {
      args.add(Lit.zero(starts.getFirst().value().type()));
      args.addAll(BatchWalk.values(starts));
    } else {
      args.add(Lit.zero(TensorType.scalar(DType.I32)));
    }
  }

  /** The positions that a window of {@code size} on an axis of length {@code n} covers. */
  private BatchedValue positions(BatchedValue start, int size, int n) {
    // the last position may lie beyond a narrow type
    DType dtype = start.value().type().dtype() == DType.I64 ? DType.I64 : DType.I32;
    TensorType type = new TensorType(dtype, Shape.of(size));
    Tensor iota = batching.tensor(batching.b.emit1(new Source.Iota(type, 0)));
    Tensor first = batching.tensor(start.value()).cast(dtype).clip(0, n - size);
    Tensor at = start.batched() ? first.expandDims(1).add(iota) : first.add(iota);
    return new BatchedValue(batching.b.lift(at), start.batched());
  }

  private BatchedValue update(BatchedValue x, BatchedValue window, List<BatchedValue> starts) {
    if (starts.stream().noneMatch(BatchedValue::batched)) {
      List<Value> args = new ArrayList<>(List.of(batching.widen(x), batching.widen(window)));
      addStarts(starts, args);
      return BatchedValue.batched(batching.b.emit(new Index.DynamicUpdate(), args).getFirst());
    }
    Shape shape = BatchWalk.example(x).shape();
    Shape sizes = BatchWalk.example(window).shape();
    List<Write> writes = new ArrayList<>();
    for (int a = 0; a < shape.rank(); a++) {
      if (sizes.dim(a) != shape.dim(a)) {
        BatchedValue at = positions(starts.get(a), sizes.dim(a), shape.dim(a));
        writes.add(new Write(a + 1, batching.tensor(batching.widen(at))));
      }
    }
    Tensor whole = batching.tensor(batching.widen(x));
    return batching.batched(write(whole, batching.tensor(batching.widen(window)), writes));
  }

  /** A write along one axis at these positions, one row of them for each example. */
  private record Write(int axis, Tensor at) {}

  // The window is written into the slab that the first axis selects, and the slab into the whole.
  private static Tensor write(Tensor x, Tensor window, List<Write> writes) {
    if (writes.isEmpty()) {
      return window;
    }
    Write w = writes.getFirst();
    Tensor slab = window;
    if (writes.size() > 1) {
      Tensor old = IndexTangent.one(new Index.Gather(w.axis(), 1), x, w.at());
      slab = write(old, window, writes.subList(1, writes.size()));
    }
    Index.Scatter set = new Index.Scatter(w.axis(), 1, Index.Combine.SET);
    return IndexTangent.one(set, x, w.at(), slab);
  }
}
