package dev.engram.tests.random;

import dev.engram.ir.DType;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Moves: every element comes from another position. */
final class MoveSteps {
  private static final List<Integer> LENGTHS = List.of(2, 1, 3, 5, 0);

  private MoveSteps() {}

  static void move(Draft d, Choices c) {
    int kind = c.next(9);
    Value x = d.draw(c);
    Shape s = x.type().shape();
    switch (kind) {
      case 0 -> emit(d, new Move.Transpose(FoldSteps.order(s.rank(), c)), x);
      case 1 -> emit(d, new Move.Reshape(reshaped(s, c)), x);
      case 2 -> emit(d, broadcast(s, c), x);
      case 3 -> emit(d, slice(s, c), x);
      case 4 -> pad(d, x, c);
      case 5 -> concat(d, x, c);
      case 6 -> shear(d, x, c);
      case 7 -> windows(d, x, c);
      default -> emit(d, new Move.Reverse(FoldSteps.axes(s.rank(), c)), x);
    }
  }

  private static void emit(Draft d, Op op, Value x) {
    if (Draft.fits(op.typeOf(List.of(x.type())).getFirst())) {
      d.emit(op, List.of(x), d.facts(x));
    }
  }

  private static Shape reshaped(Shape s, Choices c) {
    return switch (c.next(4)) {
      case 0 -> Shape.of((int) s.size());
      case 1 -> s.insert(c.next(s.rank() + 1), 1);
      case 2 -> {
        int at = c.next(Math.max(1, s.rank() - 1));
        yield s.rank() < 2
            ? s
            : s.range(0, at)
                .concat(Shape.of(s.dim(at) * s.dim(at + 1)))
                .concat(s.range(at + 2, s.rank()));
      }
      default -> {
        List<Integer> ones =
            IntStream.range(0, s.rank()).filter(a -> s.dim(a) == 1).boxed().toList();
        if (!ones.isEmpty()) {
          yield s.without(List.of(c.of(ones)));
        }
        List<Integer> even =
            IntStream.range(0, s.rank())
                .filter(a -> s.dim(a) > 0 && s.dim(a) % 2 == 0)
                .boxed()
                .toList();
        if (even.isEmpty()) {
          yield s;
        }
        int at = c.of(even);
        yield s.with(at, 2).insert(at + 1, s.dim(at) / 2);
      }
    };
  }

  private static Move.Broadcast broadcast(Shape s, Choices c) {
    Shape wide = s;
    List<Integer> axes = new ArrayList<>(IntStream.range(0, s.rank()).boxed().toList());
    for (int n = 1 + c.next(2); n > 0; n--) {
      int at = c.next(wide.rank() + 1);
      wide = wide.insert(at, c.of(LENGTHS));
      axes.replaceAll(a -> a >= at ? a + 1 : a);
    }
    return new Move.Broadcast(wide, axes);
  }

  private static Move.Slice slice(Shape s, Choices c) {
    List<Integer> start = new ArrayList<>();
    List<Integer> limit = new ArrayList<>();
    List<Integer> stride = new ArrayList<>();
    for (int n : s.dims()) {
      int from = c.next(2) == 0 ? 0 : c.next(n + 1);
      start.add(from);
      limit.add(c.next(2) == 0 ? n : from + c.next(n - from + 1));
      stride.add(1 + c.next(4) / 2);
    }
    return new Move.Slice(start, limit, stride);
  }

  private static void pad(Draft d, Value x, Choices c) {
    TensorType scalar = TensorType.scalar(x.type().dtype());
    List<Integer> dims = x.type().shape().dims();
    Move.Pad op =
        new Move.Pad(
            dims.stream().map(n -> c.next(3)).toList(),
            dims.stream().map(n -> c.next(3)).toList(),
            dims.stream().map(n -> c.next(4) / 3).toList());
    Value fill = c.rarely(4) ? d.want(scalar, c) : Lit.zero(scalar);
    if (Draft.fits(op.typeOf(List.of(x.type(), scalar)).getFirst())) {
      d.emit(op, List.of(x, fill), d.facts(x).or(d.facts(fill)));
    }
  }

  private static void shear(Draft d, Value x, Choices c) {
    if (x.type().rank() < 2) {
      return;
    }
    List<Integer> order = FoldSteps.order(x.type().rank(), c);
    int n = x.type().shape().dim(order.get(0));
    int slices = x.type().shape().dim(order.get(1));
    int most = slices < 2 ? 2 : Math.min(2, n / (slices - 1));
    int step = most - c.next(2 * most + 1);
    emit(d, new Move.Shear(order.get(0), order.get(1), step), x);
  }

  // Overlapping windows, as convolution and pooling read them.
  private static void windows(Draft d, Value x, Choices c) {
    if (x.type().rank() == 0) {
      return;
    }
    int axis = c.next(x.type().rank());
    int n = x.type().shape().dim(axis);
    int size = Math.min(n, 2 + c.next(2));
    int dilation = size > 1 ? 1 + c.next(Math.min(2, (n - 1) / (size - 1))) : 1;
    int stride = 1 + c.next(2);
    int count = n == 0 ? 0 : (n - (size - 1) * dilation - 1) / stride + 1;
    if (n > 0 && Draft.fits(x.type().with(x.type().shape().with(axis, count).insert(0, size)))) {
      d.offer(d.lift(d.tensor(x).windows(axis, size, stride, dilation)), d.facts(x));
    }
  }

  private static void concat(Draft d, Value x, Choices c) {
    if (x.type().rank() == 0) {
      return;
    }
    int axis = c.next(x.type().rank());
    List<Value> parts = new ArrayList<>(List.of(x));
    for (int n = c.next(3); n > 0; n--) {
      int length = c.next(3) == 0 ? x.type().shape().dim(axis) : c.of(LENGTHS);
      parts.add(d.want(x.type().with(x.type().shape().with(axis, length)), c));
    }
    if (c.rarely(3)) {
      parts = parts.reversed();
    }
    Op op = new Move.Concat(axis);
    Facts known = parts.stream().map(d::facts).reduce(Facts::or).orElseThrow();
    if (Draft.fits(op.typeOf(types(parts)).getFirst())) {
      d.emit(op, parts, x.type().dtype() == DType.BOOL ? Facts.WHOLE : known);
    }
  }

  static List<TensorType> types(List<Value> in) {
    return Stream.of(in).flatMap(List::stream).map(Value::type).toList();
  }
}
