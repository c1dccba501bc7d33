package dev.engram.ir.tensor;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Tracer;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Moves that are made of others. */
public final class Moves {
  private Moves() {}

  private static Tensor one(Op op, Tensor... in) {
    return Tensor.apply(op, List.of(in)).getFirst();
  }

  static TypeException error(String op, String text) {
    return new TypeException(op + ": " + text + " (" + SourceLocation.here() + ")");
  }

  public static Tensor slice(Tensor x, int axis, int from, int to, int stride) {
    int a = x.shape().axis("slice", axis);
    int n = x.dim(a);
    if (from < 0 || to < from || to > n || stride < 1) {
      throw new TypeException(
          ("slice: positions %d to %d in steps of %d on axis %d of %s, expected 0 <= from <= to <="
                  + " %d and steps of at least 1 (%s); %s")
              .formatted(
                  from, to, stride, a, x.type(), n, SourceLocation.here(), sliceFix(from, to, n)));
    }
    List<Integer> start = new ArrayList<>(Collections.nCopies(x.rank(), 0));
    List<Integer> limit = new ArrayList<>(x.shape().dims());
    List<Integer> strides = new ArrayList<>(Collections.nCopies(x.rank(), 1));
    start.set(a, from);
    limit.set(a, to);
    strides.set(a, stride);
    return one(new Move.Slice(start, limit, strides), x);
  }

  private static String sliceFix(int from, int to, int n) {
    return from < 0 || to < 0
        ? "count from the end with dim(axis) - k"
        : from > n || to > n
            ? "limit them with Math.min(i, dim(axis))"
            : "give the first position, then the one behind the last";
  }

  /** Position {@code i} of axis 0 counted from the start. */
  public static int position(String op, Tensor x, int i) {
    if (x.rank() == 0) {
      throw new TypeException(
          "%s(%d) of %s, expected a tensor with an axis 0 (%s); the element of a scalar is item()"
              .formatted(op, i, x.type(), SourceLocation.here()));
    }
    int n = x.dim(0);
    if (i < -n || i >= n) {
      throw new TypeException(
          n == 0
              ? "%s(%d) of %s, expected at least one position on axis 0 (%s); check dim(0) first"
                  .formatted(op, i, x.type(), SourceLocation.here())
              : ("%s(%d) of %s, expected a position of axis 0, %d to %d (%s); on another axis call"
                      + " slice(axis, i, i + 1).squeeze(axis)")
                  .formatted(op, i, x.type(), -n, n - 1, SourceLocation.here()));
    }
    return i < 0 ? i + n : i;
  }

  /** The numbers 0, 1, … along {@code axis}, in the graph that {@code x} is in. */
  static Tensor iota(Tensor x, DType dtype, Shape shape, int axis) {
    Op op = new Source.Iota(new TensorType(dtype, shape), axis);
    return x instanceof Tracer t
        ? t.builder().tracer(t.builder().emit1(op))
        : Interpreter.eval(op, List.of(), SourceLocation.UNKNOWN).getFirst();
  }

  public static Tensor reshape(Tensor x, Shape to) {
    Given.given("reshape: the shape", to);
    return to.equals(x.shape()) ? x : one(new Move.Reshape(to), x);
  }

  public static Tensor transpose(Tensor x, int... perm) {
    int r = x.rank();
    return one(
        new Move.Transpose(
            perm.length == 0
                ? IntStream.range(0, r).map(i -> r - 1 - i).boxed().toList()
                : x.shape().axes("transpose", perm)),
        x);
  }

  public static Tensor moveAxis(Tensor x, int axis, int to) {
    int from = x.shape().axis("moveAxis", axis);
    int target = x.shape().axis("moveAxis", to);
    if (from == target) {
      return x;
    }
    List<Integer> perm = new ArrayList<>(IntStream.range(0, x.rank()).boxed().toList());
    perm.remove(from);
    perm.add(target, from);
    return one(new Move.Transpose(perm), x);
  }

  public static Tensor expandDims(String op, Tensor x, int axis) {
    int r = x.rank();
    int a = axis < 0 ? axis + r + 1 : axis;
    if (a < 0 || a > r) {
      throw error(
          op,
          "no axis can be put in at %d of %s, expected %d to %d"
              .formatted(axis, x.type(), -r - 1, r));
    }
    return x.reshape(x.shape().insert(a, 1));
  }

  public static Tensor squeeze(Tensor x, int axis) {
    int a = x.shape().axis("squeeze", axis);
    if (x.dim(a) != 1) {
      throw error(
          "squeeze",
          "axis %d of %s has length %d, expected 1; choose a position of it with slice, or reduce it"
              .formatted(axis, x.type(), x.dim(a)));
    }
    return x.reshape(x.shape().without(List.of(a)));
  }

  public static List<Tensor> split(Tensor x, int axis, int parts) {
    int a = x.shape().axis("split", axis);
    int n = x.dim(a);
    if (parts < 1 || n % parts != 0) {
      throw error(
          "split",
          "axis %d of %s does not divide into %d parts, expected a divisor of %d; cut unequal parts with slice"
              .formatted(axis, x.type(), parts, n));
    }
    int step = n / parts;
    return IntStream.range(0, parts).mapToObj(i -> x.slice(a, i * step, (i + 1) * step)).toList();
  }

  public static Tensor reverse(Tensor x, int... axes) {
    return one(new Move.Reverse(x.shape().axes("reverse", axes)), x);
  }

  public static List<Tensor> splitAt(Tensor x, int axis, int... at) {
    int a = x.shape().axis("splitAt", axis);
    List<Tensor> parts = new ArrayList<>();
    int from = 0;
    for (int to : at) {
      parts.add(x.slice(a, from, to));
      from = to;
    }
    parts.add(x.slice(a, from, x.dim(a)));
    return List.copyOf(parts);
  }

  public static Tensor roll(Tensor x, int axis, int shift) {
    int a = x.shape().axis("roll", axis);
    int n = x.dim(a);
    int cut = n == 0 ? 0 : Math.floorMod(-(long) shift, n);
    return cut == 0 ? x : Tensor.concat(a, x.slice(a, cut, n), x.slice(a, 0, cut));
  }

  public static Tensor tile(Tensor x, int... times) {
    if (times.length != x.rank() || Arrays.stream(times).anyMatch(t -> t < 0)) {
      throw error(
          "tile",
          "times="
              + Arrays.toString(times)
              + ", expected a number for each axis of "
              + x.type()
              + ", none negative");
    }
    int[] wide = new int[2 * times.length];
    int[] joined = new int[times.length];
    List<Integer> own = new ArrayList<>();
    for (int a = 0; a < times.length; a++) {
      wide[2 * a] = times[a];
      wide[2 * a + 1] = x.dim(a);
      joined[a] = length("tile", a, x, (long) times[a] * x.dim(a));
      own.add(2 * a + 1);
    }
    return one(new Move.Broadcast(shape("tile", wide), own), x).reshape(joined);
  }

  public static Tensor repeat(Tensor x, int axis, int times) {
    int a = x.shape().axis("repeat", axis);
    if (times < 0) {
      throw error("repeat", "times=" + times + ", expected none negative");
    }
    int all = length("repeat", a, x, (long) x.dim(a) * times);
    List<Integer> own = new ArrayList<>(IntStream.range(0, x.rank() + 1).boxed().toList());
    own.remove(a + 1);
    Shape repeated = named("repeat", () -> x.shape().insert(a + 1, times));
    Tensor wide = one(new Move.Broadcast(repeated, own), x);
    return wide.reshape(x.shape().with(a, all));
  }

  private static int length(String op, int axis, Tensor x, long n) {
    return length(op, "axis " + axis + " of " + x.type(), n);
  }

  /** A shape that {@code op} makes, whose name is in front of the error where it cannot be. */
  public static Shape named(String op, Supplier<Shape> shape) {
    try {
      return shape.get();
    } catch (TypeException e) {
      throw new TypeException(op + ": " + e.getMessage(), e);
    }
  }

  /** A shape that a user gives to {@code op}. */
  public static Shape shape(String op, int... dims) {
    Given.given(op, "dims", dims);
    return named(op, () -> Shape.of(dims));
  }

  /** {@link TypeRules#length} with the user's line in the error. */
  public static int length(String op, String what, long n) {
    try {
      return TypeRules.length(op, what, n);
    } catch (TypeException e) {
      throw new TypeException(e.getMessage() + " (" + SourceLocation.here() + ")", e);
    }
  }

  public static Tensor swapAxes(Tensor x, int a, int b) {
    List<Integer> perm = new ArrayList<>(IntStream.range(0, x.rank()).boxed().toList());
    Collections.swap(perm, x.shape().axis("swapAxes", a), x.shape().axis("swapAxes", b));
    return one(new Move.Transpose(perm), x);
  }

  private static void perAxis(String op, Tensor x, List<Integer> low, List<Integer> high) {
    if (low.size() != x.rank() || high.size() != x.rank()) {
      throw error(
          op,
          "low=" + low + ", high=" + high + ", expected one number for each axis of " + x.type());
    }
  }

  public static Tensor padEdge(Tensor x, List<Integer> low, List<Integer> high) {
    perAxis("padEdge", x, low, high);
    Tensor y = x;
    for (int a = 0; a < x.rank(); a++) {
      int n = x.dim(a);
      long more = (long) low.get(a) + high.get(a);
      if (low.get(a) < 0 || high.get(a) < 0 || (n == 0 && more > 0)) {
        throw error(
            "padEdge",
            low.get(a)
                + " before and "
                + high.get(a)
                + " behind on axis "
                + a
                + " of "
                + x.type()
                + ", expected none negative, and an element to repeat");
      }
      if (more > 0) {
        length("padEdge", a, x, n + more);
        Tensor before = y.slice(a, 0, 1).repeat(a, low.get(a));
        Tensor behind = y.slice(a, n - 1, n).repeat(a, high.get(a));
        y = Tensor.concat(a, before, y, behind);
      }
    }
    return y;
  }

  public static Tensor padReflect(Tensor x, List<Integer> low, List<Integer> high) {
    perAxis("padReflect", x, low, high);
    Tensor y = x;
    for (int a = 0; a < x.rank(); a++) {
      int n = x.dim(a);
      int l = low.get(a);
      int h = high.get(a);
      if (Math.min(l, h) < 0 || (Math.max(l, h) > 0 && Math.max(l, h) >= n)) {
        throw error(
            "padReflect",
            l
                + " before and "
                + h
                + " behind on axis "
                + a
                + " of "
                + x.type()
                + ", expected less than its length");
      }
      if (l > 0 || h > 0) {
        length("padReflect", a, x, (long) n + l + h);
        Tensor before = y.slice(a, 1, l + 1).reverse(a);
        Tensor behind = y.slice(a, n - 1 - h, n - 1).reverse(a);
        y = Tensor.concat(a, before, y, behind);
      }
    }
    return y;
  }

  /** Elements {@code [i, i + offset]} of axes {@code a} and {@code b}, as a new last axis. */
  public static Tensor diagonal(Tensor x, int offset, int a, int b) {
    int rows = x.shape().axis("diagonal", a);
    int columns = x.shape().axis("diagonal", b);
    if (rows == columns) {
      throw error("diagonal", "got axis " + a + " twice, expected two axes of " + x.type());
    }
    long below = Math.max(0, -(long) offset);
    long right = Math.max(0, offset);
    int n = (int) Math.max(0, Math.min(x.dim(rows) - below, x.dim(columns) - right));
    if (n == 0) {
      Shape none = x.shape().without(List.of(rows, columns)).concat(Shape.of(0));
      return x.slice(rows, 0, 0).slice(columns, 0, 0).reshape(none);
    }
    int r0 = (int) below;
    int c0 = (int) right;
    Tensor square = x.slice(rows, r0, r0 + n).slice(columns, c0, c0 + n);
    Tensor line = one(new Move.Shear(rows, columns, 1), square).squeeze(rows);
    return line.moveAxis(columns > rows ? columns - 1 : columns, -1);
  }

  /** {@code j - i} at {@code [i, j]} of {@code shape}. */
  private static Tensor beside(Tensor x, Shape shape) {
    return iota(x, DType.I32, shape, 1).sub(iota(x, DType.I32, shape, 0));
  }

  private static Shape matrix(String op, Tensor x) {
    if (x.rank() < 2) {
      throw error(op, "operand 0 has type " + x.type() + ", expected at least two axes");
    }
    return x.shape().range(x.rank() - 2, x.rank());
  }

  public static Tensor tril(Tensor x, int offset) {
    Tensor keep = beside(x, matrix("tril", x)).le(offset);
    return keep.select(x, HostTensor.full(TensorType.scalar(x.dtype()), 0));
  }

  public static Tensor triu(Tensor x, int offset) {
    Tensor drop = beside(x, matrix("triu", x)).lt(offset);
    return drop.select(HostTensor.full(TensorType.scalar(x.dtype()), 0), x);
  }

  public static Tensor diag(Tensor x, int offset) {
    if (x.rank() == 0) {
      throw error("diag", "operand 0 has type " + x.type() + ", expected at least one axis");
    }
    int n = x.dim(-1);
    long away = Math.abs((long) offset);
    length("diag", x.rank() - 1, x, n + away);
    Shape square = Shape.of(n, n);
    Tensor on = iota(x, DType.I32, square, 0).eq(iota(x, DType.I32, square, 1));
    Tensor wide = x.expandDims(-1).broadcastTo(named("diag", () -> x.shape().concat(Shape.of(n))));
    Tensor y = on.select(wide, HostTensor.full(TensorType.scalar(x.dtype()), 0));
    int r = y.rank();
    List<Integer> low = new ArrayList<>(Collections.nCopies(r, 0));
    List<Integer> high = new ArrayList<>(low);
    low.set(r - 1, Math.max(0, offset));
    high.set(r - 2, Math.max(0, offset));
    low.set(r - 2, Math.max(0, -offset));
    high.set(r - 1, Math.max(0, -offset));
    return offset == 0 ? y : y.pad(low, high, 0);
  }
}
