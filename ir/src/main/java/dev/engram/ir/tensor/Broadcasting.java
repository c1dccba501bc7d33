package dev.engram.ir.tensor;

import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Tracer;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Numpy's broadcasting, written out as explicit moves. */
public final class Broadcasting {
  private Broadcasting() {}

  public static Tensor binary(ElementwiseRow row, Tensor a, Tensor b) {
    return elementwise(row, List.of(a, TypeRules.given(row.name(), 1, b)));
  }

  public static Tensor elementwise(ElementwiseRow row, List<Tensor> in) {
    Shape common = in.getFirst().shape();
    for (int i = 1; i < in.size(); i++) {
      common = join(row.name(), common, in.get(i).shape(), in.get(i).type(), i);
    }
    Shape to = common;
    boolean same = in.stream().allMatch(t -> t.shape().equals(to));
    List<Tensor> wide =
        (same ? in : Tracer.recorded(in)).stream().map(t -> to(t, to, row.name())).toList();
    return Tensor.apply(new Elementwise(row), wide).getFirst();
  }

  public static Tensor apply(Tensor t, Op op) {
    return Tensor.apply(op, List.of(t)).getFirst();
  }

  /** Where a/b is negative and no integer, so that rounding down differs from truncation. */
  public static Tensor negativeQuotient(Tensor a, Tensor b) {
    Tensor r = a.rem(b);
    return r.ne(r.like(0)).and(r.lt(0).xor(b.lt(0)));
  }

  /** {@code shape} with length 1 on {@code axes}, or on all without any. */
  public static Shape kept(Shape shape, int... axes) {
    int[] dims = shape.toArray();
    if (axes.length == 0) {
      Arrays.fill(dims, 1);
    }
    for (int a : axes) {
      dims[shape.axis(a)] = 1;
    }
    return Shape.of(dims);
  }

  private static Shape join(String op, Shape a, Shape b, TensorType type, int operand) {
    int rank = Math.max(a.rank(), b.rank());
    int[] dims = new int[rank];
    for (int i = 1; i <= rank; i++) {
      int da = i <= a.rank() ? a.dim(a.rank() - i) : 1;
      int db = i <= b.rank() ? b.dim(b.rank() - i) : 1;
      if (da != db && da != 1 && db != 1) {
        throw new TypeException(
            op
                + ": operand "
                + operand
                + " has type "
                + type
                + ", expected a shape that broadcasts with ["
                + a
                + "]: axis "
                + (-i)
                + " has length "
                + db
                + " against "
                + da
                + "; reshape, transpose or slice one of them ("
                + SourceLocation.here()
                + ")");
      }
      dims[rank - i] = da == 1 ? db : da;
    }
    return Moves.named(op, () -> Shape.of(dims));
  }

  public static Tensor to(Tensor t, Shape to, String op) {
    Shape from = t.shape();
    if (from.equals(to)) {
      return t;
    }
    int lead = to.rank() - from.rank();
    List<Integer> kept = new ArrayList<>();
    List<Integer> axes = new ArrayList<>();
    boolean fits = lead >= 0;
    for (int i = 0; fits && i < from.rank(); i++) {
      int d = from.dim(i);
      if (d == to.dim(lead + i)) {
        kept.add(d);
        axes.add(lead + i);
      } else {
        fits = d == 1;
      }
    }
    if (!fits) {
      throw new TypeException(
          op
              + ": operand 0 has type "
              + t.type()
              + ", expected a shape that broadcasts to ["
              + to
              + "] ("
              + SourceLocation.here()
              + "); put axes of length 1 in with expandDims, or repeat with concat");
    }
    if (t instanceof Tracer x && x.value() instanceof Lit lit) {
      return x.builder().tracer(new Lit(t.type().with(to), lit.bits()));
    }
    Tensor squeezed = t.reshape(Shape.of(kept));
    return Tensor.apply(new Move.Broadcast(to, axes), List.of(squeezed)).getFirst();
  }

  public static Tensor reduce(Reduce.Kind kind, Tensor t, int... axes) {
    Given.given(kind.toString(), "axes", axes);
    List<Integer> list =
        axes.length == 0
            ? IntStream.range(0, t.rank()).boxed().toList()
            : t.shape().axes(kind.toString(), axes);
    return Tensor.apply(new Reduce(kind, list), List.of(t)).getFirst();
  }

  /** Matrices repeated along the axes before them. */
  private static Tensor led(Tensor t, Shape lead) {
    Shape matrix = t.shape().range(t.rank() - 2, t.rank());
    return to(t, Moves.named("matmul", () -> lead.concat(matrix)), "matmul");
  }

  public static Tensor matmul(Tensor a, Tensor b) {
    TypeRules.given("matmul", 1, b);
    if (a.rank() == 0 || b.rank() == 0) {
      throw new TypeException(
          "matmul: operands have types "
              + a.type()
              + " and "
              + b.type()
              + ", expected at least one axis each; use mul ("
              + SourceLocation.here()
              + ")");
    }
    int ka = a.rank() - 1;
    int kb = Math.max(b.rank() - 2, 0);
    if (a.shape().dim(ka) != b.shape().dim(kb)) {
      throw new TypeException(
          "matmul: operand 1 has type "
              + b.type()
              + ", expected length "
              + a.shape().dim(ka)
              + " on axis "
              + kb
              + " to match the last axis of "
              + a.type()
              + (b.rank() == 2 && b.shape().dim(1) == a.shape().dim(ka)
                  ? "; .transpose() would fit"
                  : "; reshape or slice one of them")
              + " ("
              + SourceLocation.here()
              + ")");
    }
    if (b.rank() <= 2) {
      return a.dot(b, new Dot(List.of(ka), List.of(kb), List.of(), List.of()));
    }
    Tensor left = a.rank() == 1 ? a.expandDims(0) : a;
    Shape lead =
        join(
            "matmul",
            left.shape().range(0, left.rank() - 2),
            b.shape().range(0, b.rank() - 2),
            b.type(),
            1);
    Tensor l = led(left, lead);
    Tensor r = led(b, lead);
    int n = lead.rank();
    List<Integer> batch = IntStream.range(0, n).boxed().toList();
    Tensor y = l.dot(r, new Dot(List.of(n + 1), List.of(n), batch, batch));
    return a.rank() == 1 ? y.squeeze(n) : y;
  }
}
