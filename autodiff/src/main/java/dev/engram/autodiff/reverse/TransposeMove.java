package dev.engram.autodiff.reverse;

import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Cotangents of moves: the move back, with sums where elements were repeated. */
record TransposeMove(TransposeWalk p) {

  void pull(Eqn e, Move op, Value given) {
    TensorType x = e.in(0).type();
    boolean reorders = op instanceof Move.Reshape || op instanceof Move.Transpose;
    Value ct = reorders ? given : p.masks.clean(given);
    switch (op) {
      case Move.Reshape _ -> back(e, new Move.Reshape(x.shape()), ct);
      case Move.Transpose t -> back(e, new Move.Transpose(Terms.inverse(t.perm())), ct);
      case Move.Broadcast t -> {
        List<Integer> repeated = Terms.others(t.shape().rank(), t.axes());
        p.give(e.in(0), p.b.emit1(new Reduce(Reduce.Kind.SUM, repeated), ct));
      }
      case Move.Slice t -> p.give(e.in(0), p.b.emit1(widen(t, x), ct, Lit.zero(scalar(x))));
      case Move.Pad t -> pad(e, t, ct);
      case Move.Concat t -> concat(e, t.axis(), ct);
      case Move.Reverse t -> p.give(e.in(0), p.b.emit1(t, ct));
      case Move.Shear t -> p.give(e.in(0), shear(t, ct));
    }
  }

  /** A move that loses no element takes a mask along. */
  private void back(Eqn e, Move move, Value ct) {
    p.give(e.in(0), p.masks.moved(ct, v -> p.b.emit1(move, v)));
  }

  private static TensorType scalar(TensorType t) {
    return TensorType.scalar(t.dtype());
  }

  /** The pad that puts a slice of {@code x} back in its place. */
  private static Move.Pad widen(Move.Slice op, TensorType x) {
    List<Integer> high = new ArrayList<>();
    List<Integer> interior = new ArrayList<>();
    for (int i = 0; i < x.rank(); i++) {
      int stride = op.stride().get(i);
      long span = (long) op.limit().get(i) - op.start().get(i);
      int n = (int) ((span + stride - 1) / stride);
      int covered = n == 0 ? 0 : (n - 1) * stride + 1;
      high.add(x.shape().dim(i) - op.start().get(i) - covered);
      interior.add(stride - 1);
    }
    return new Move.Pad(op.start(), high, interior);
  }

  private void pad(Eqn e, Move.Pad op, Value ct) {
    TensorType x = e.in(0).type();
    if (p.isLinear(e.in(0))) {
      List<Integer> limit = new ArrayList<>();
      List<Integer> stride = new ArrayList<>();
      for (int i = 0; i < x.rank(); i++) {
        int n = x.shape().dim(i);
        // with two elements or more there is room for what lies between them
        int step = n > 1 ? op.interior().get(i) + 1 : 1;
        limit.add(op.low().get(i) + (n == 0 ? 0 : (n - 1) * step + 1));
        stride.add(step);
      }
      p.give(e.in(0), p.b.emit1(new Move.Slice(op.low(), limit, stride), ct));
    }
    if (p.isLinear(e.in(1))) {
      p.give(e.in(1), sumOfPadding(op, x.shape(), ct));
    }
  }

  private Value sumOfPadding(Move.Pad op, Shape inner, Value ct) {
    Lit inside = Lit.ofLong(new TensorType(DType.BOOL, inner), 0);
    Value isPadding = p.b.emit1(op, inside, Lit.ofLong(TensorType.scalar(DType.BOOL), 1));
    Value padding = Terms.row(p.b, Rows.SELECT, isPadding, ct, Lit.zero(ct.type()));
    List<Integer> all = IntStream.range(0, ct.type().rank()).boxed().toList();
    return p.b.emit1(new Reduce(Reduce.Kind.SUM, all), padding);
  }

  // x̄[p,k] = ȳ[p - step·k, k] where there is one
  private Value shear(Move.Shear op, Value ct) {
    List<Integer> none = Collections.nCopies(ct.type().rank(), 0);
    List<Integer> around = new ArrayList<>(none);
    around.set(op.axis(), op.loss(ct.type().shape().dim(op.by())));
    Value padded = p.b.emit1(new Move.Pad(around, around, none), ct, Lit.zero(scalar(ct.type())));
    return p.b.emit1(new Move.Shear(op.axis(), op.by(), -op.step()), padded);
  }

  private void concat(Eqn e, int axis, Value ct) {
    int at = 0;
    for (Value v : e.inputs()) {
      int n = v.type().shape().dim(axis);
      if (p.isLinear(v)) {
        List<Integer> start = new ArrayList<>(Collections.nCopies(v.type().rank(), 0));
        start.set(axis, at);
        List<Integer> limit = new ArrayList<>(v.type().shape().dims());
        limit.set(axis, at + n);
        List<Integer> stride = Collections.nCopies(v.type().rank(), 1);
        p.give(v, p.b.emit1(new Move.Slice(start, limit, stride), ct));
      }
      at += n;
    }
  }
}
