package dev.engram.autodiff.reverse;

import dev.engram.autodiff.forward.IndexTangent;
import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.List;

/** Cotangents of reads and writes at positions known in the run: reads become writes and back. */
record TransposeIndex(TransposeWalk p) {

  void pull(Eqn e, Index op, Value ct) {
    switch (op) {
      case Index.Gather g -> p.giveTensor(e, 0, () -> gather(e, g, p.tensor(ct)));
      case Index.Scatter s -> scatter(e, s, ct);
      case Index.DynamicSlice _ -> {
        List<Value> args = new ArrayList<>(List.of(Lit.zero(e.in(0).type()), ct));
        args.addAll(starts(e, 1));
        p.give(e.in(0), p.b.emit(new Index.DynamicUpdate(), args).getFirst());
      }
      case Index.DynamicUpdate u -> update(e, u, ct);
      case Index.ArgSort _ -> throw p.notLinear(e);
    }
  }

  private void scatter(Eqn e, Index.Scatter op, Value ct) {
    switch (op.combine()) {
      case ADD -> add(e, op, ct);
      case SET -> set(e, op, ct);
      case MAX -> throw p.notLinear(e);
    }
  }

  // Gather clamps its indices, scatter drops what is outside.
  private Tensor gather(Eqn e, Index.Gather op, Tensor ct) {
    TensorType x = e.in(0).type();
    Tensor at = p.at(e, 1).clip(0, Math.max(0, x.shape().dim(op.axis()) - 1));
    Index.Scatter add = new Index.Scatter(op.axis(), op.batch(), Index.Combine.ADD);
    return IndexTangent.one(add, zeros(x), at, ct);
  }

  private Tensor zeros(TensorType type) {
    return p.tensor(Lit.zero(type));
  }

  private void add(Eqn e, Index.Scatter op, Value ct) {
    p.give(e.in(0), ct);
    p.giveTensor(
        e, 2, () -> inside(e, op).select(read(e, op, p.tensor(ct)), zeros(e.in(2).type())));
  }

  private Tensor read(Eqn e, Index.Scatter op, Tensor from) {
    return IndexTangent.one(new Index.Gather(op.axis(), op.batch()), from, p.at(e, 1));
  }

  private Tensor inside(Eqn e, Index.Scatter op) {
    int n = e.in(0).type().shape().dim(op.axis());
    return IndexTangent.inRange(p.at(e, 1), n, op.axis(), op.batch(), e.in(2).type().shape());
  }

  // What was overwritten gets nothing; of several updates of a position the last one gets all.
  private void set(Eqn e, Index.Scatter op, Value ct) {
    p.giveTensor(e, 0, () -> IndexTangent.one(op, p.tensor(ct), p.at(e, 1), zeros(e.in(2).type())));
    p.giveTensor(
        e,
        2,
        () -> {
          Tensor id = places(e.in(2).type().shape());
          Tensor none = p.tensor(Lit.ofLong(e.in(0).type().with(id.dtype()), -1));
          Tensor last = read(e, op, IndexTangent.one(op, none, p.at(e, 1), id));
          Tensor wins = inside(e, op).and(last.eq(id));
          return wins.select(read(e, op, p.tensor(ct)), zeros(e.in(2).type()));
        });
  }

  /** The place of each element in row-major order, as i32 where that holds it. */
  private Tensor places(Shape shape) {
    if (shape.size() <= Integer.MAX_VALUE) {
      return iota(DType.I32, Shape.of((int) shape.size()), 0).reshape(shape);
    }
    // Σ_a i_a · strides[a]
    long[] strides = shape.strides();
    Tensor place = p.tensor(Lit.ofLong(new TensorType(DType.I64, shape), 0));
    for (int a = 0; a < strides.length; a++) {
      place = place.add(iota(DType.I64, shape, a).mul(strides[a]));
    }
    return place;
  }

  private Tensor iota(DType dtype, Shape shape, int axis) {
    return p.tensor(p.b.emit1(new Source.Iota(new TensorType(dtype, shape), axis)));
  }

  private void update(Eqn e, Index.DynamicUpdate op, Value ct) {
    List<Value> starts = starts(e, 2);
    TensorType window = e.in(1).type();
    if (p.isLinear(e.in(0))) {
      List<Value> args = new ArrayList<>(List.of(ct, Lit.zero(window)));
      args.addAll(starts);
      p.give(e.in(0), p.b.emit(op, args).getFirst());
    }
    if (p.isLinear(e.in(1))) {
      List<Value> args = new ArrayList<>(List.of(ct));
      args.addAll(starts);
      p.give(e.in(1), p.b.emit(new Index.DynamicSlice(window.shape()), args).getFirst());
    }
  }

  private List<Value> starts(Eqn e, int first) {
    List<Value> out = new ArrayList<>();
    for (int i = first; i < e.inputs().size(); i++) {
      p.requireConstant(e, i);
      out.add(p.constant(e.in(i)));
    }
    return out;
  }
}
