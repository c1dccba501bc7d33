package dev.engram.tests.random;

import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Reads and writes at computed positions, sources, and checks that hold. */
final class IndexSteps {
  private IndexSteps() {}

  static void index(Draft d, Choices c) {
    int kind = c.next(5);
    Optional<Value> x =
        d.drawWhere(c, v -> v.type().rank() > 0 && v.type().rank() <= 3 && v.type().size() > 0);
    if (x.isEmpty()) {
      return;
    }
    switch (kind) {
      case 0 -> gather(d, x.get(), c);
      case 1 -> scatter(d, x.get(), c);
      case 2 -> dynamicSlice(d, x.get(), c);
      case 3 -> dynamicUpdate(d, x.get(), c);
      default -> sort(d, c);
    }
  }

  // Rounded values may be in another order; so may floats that differ by one ulp, when some are
  // equal.
  private static void sort(Draft d, Choices c) {
    d.drawWhere(
            c,
            v ->
                v.type().rank() > 0
                    && d.facts(v).exact()
                    && (d.profile.kinks() || !v.type().dtype().isFloat()))
        .ifPresent(
            v -> {
              int axis = c.next(v.type().rank());
              Op op = new Index.ArgSort(axis, c.next(2) == 1);
              Value at = d.emit(op, List.of(v), Facts.WHOLE).getFirst();
              d.offer(d.lift(d.tensor(v).takeAlongAxis(d.tensor(at), axis)), d.facts(v));
            });
  }

  /** Integers whose first axes are the first {@code batch} axes of {@code x}. */
  private static Value indices(Draft d, Value x, int batch, Choices c) {
    DType dtype = d.profile.dtypes().contains(DType.I64) && c.rarely(3) ? DType.I64 : DType.I32;
    Shape own = c.of(List.of(Shape.of(2), Shape.scalar(), Shape.of(3), Shape.of(2, 2)));
    return d.want(new TensorType(dtype, x.type().shape().range(0, batch).concat(own)), c);
  }

  private static void gather(Draft d, Value x, Choices c) {
    int axis = c.next(x.type().rank());
    int batch = c.next(axis + 1);
    Value i = indices(d, x, batch, c);
    Op op = new Index.Gather(axis, batch);
    if (Draft.fits(op.typeOf(List.of(x.type(), i.type())).getFirst())) {
      d.emit(op, List.of(x, i), d.facts(x));
    }
  }

  private static void scatter(Draft d, Value x, Choices c) {
    int axis = c.next(x.type().rank());
    int batch = c.next(axis + 1);
    Value i = indices(d, x, batch, c);
    TensorType updates =
        new Index.Gather(axis, batch).typeOf(List.of(x.type(), i.type())).getFirst();
    if (!Draft.fits(updates)) {
      return;
    }
    Value u = d.want(updates, c);
    int kind = c.next(3);
    boolean numeric = x.type().dtype().isNumeric();
    Index.Combine combine =
        kind == 0 && numeric
            ? Index.Combine.ADD
            : kind == 1 && numeric && d.profile.kinks() ? Index.Combine.MAX : Index.Combine.SET;
    Facts both = d.facts(x).or(d.facts(u));
    Facts known = both;
    if (combine == Index.Combine.ADD && x.type().dtype().isFloat()) {
      double n = 1 + i.type().size();
      double top = n * both.bound();
      known = new Facts(top, n * both.noise() + n * Facts.rounding(x.type().dtype()) * top);
    }
    d.emit(new Index.Scatter(axis, batch, combine), List.of(x, i, u), known);
  }

  private static Shape window(Value x, Choices c) {
    return Shape.of(x.type().shape().dims().stream().map(n -> n == 0 ? 0 : 1 + c.next(n)).toList());
  }

  private static void starts(Draft d, Value x, List<Value> in, Choices c) {
    DType dtype = d.profile.dtypes().contains(DType.I64) && c.rarely(4) ? DType.I64 : DType.I32;
    for (int a = 0; a < x.type().rank(); a++) {
      in.add(d.want(TensorType.scalar(dtype), c));
    }
  }

  private static void dynamicSlice(Draft d, Value x, Choices c) {
    List<Value> in = new ArrayList<>(List.of(x));
    starts(d, x, in, c);
    d.emit(new Index.DynamicSlice(window(x, c)), in, d.facts(x));
  }

  private static void dynamicUpdate(Draft d, Value x, Choices c) {
    Value u = d.want(x.type().with(window(x, c)), c);
    List<Value> in = new ArrayList<>(List.of(x, u));
    starts(d, x, in, c);
    d.emit(new Index.DynamicUpdate(), in, d.facts(x).or(d.facts(u)));
  }

  static void source(Draft d, Choices c) {
    int kind = c.next(3);
    TensorType t = d.draw(c).type();
    switch (kind) {
      case 0 ->
          d.emit(
              new Source.Const(Samples.any(t, new SplittableRandom(c.next(100)))),
              List.of(),
              new Facts(Samples.BOUND, 0));
      case 1 -> {
        if (t.rank() > 0 && t.dtype().isNumeric()) {
          int axis = c.next(t.rank());
          d.emit(
              new Source.Iota(t, axis), List.of(), new Facts(Math.max(1, t.shape().dim(axis)), 0));
        }
      }
      default -> {
        Value key = d.want(TensorType.of(DType.I32, 2), c);
        d.emit(new Source.RandomBits(t.shape()), List.of(key), Facts.WHOLE);
      }
    }
  }

  static void check(Draft d, Choices c) {
    Optional<Value> x = d.drawWhere(c, v -> v.type().dtype().isInteger());
    x.ifPresent(
        v -> {
          long high = 1L + c.next(7);
          long low = Math.max(-c.next(4), v.type().dtype().lowest());
          Value inside = d.lift(d.tensor(v).clip(low, high - 1));
          d.emit(new Check.Range("number", low, high), List.of(inside), Facts.WHOLE);
        });
  }
}
