package dev.engram.ir.op;

import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import java.util.ArrayList;
import java.util.List;

/** Relabels positions without arithmetic: each is an index map from result to operand. */
public sealed interface Move extends Op {

  /** Same elements in row-major order under another shape of the same size. */
  record Reshape(Shape shape) implements Move {
    public Reshape {
      Given.given("Reshape", "shape", shape);
    }

    @Override
    public String mnemonic() {
      return "reshape";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("reshape", in, 1);
      TensorType x = in.getFirst();
      if (x.size() != shape.size()) {
        throw TypeRules.bad(
            "reshape",
            0,
            x,
            shape.size()
                + " elements, for shape ["
                + shape
                + "]; give lengths whose product is "
                + x.size());
      }
      return List.of(x.with(shape));
    }
  }

  /** Result axis i is operand axis {@code perm[i]}. */
  record Transpose(List<Integer> perm) implements Move {
    public Transpose {
      Given.all("Transpose", "perm", perm);
      perm = List.copyOf(perm);
    }

    @Override
    public String mnemonic() {
      return "transpose";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("transpose", in, 1);
      TensorType x = in.getFirst();
      if (perm.size() != x.rank()) {
        throw TypeRules.attribute("transpose", "perm", perm, "all axes of " + x);
      }
      TypeRules.axes("transpose", "perm", perm, x.rank());
      return List.of(x.with(Shape.of(perm.stream().map(x.shape()::dim).toList())));
    }
  }

  /**
   * Repeats the operand: operand axis i becomes result axis {@code axes[i]} (ascending) with the
   * same length; the other result axes are new. Axes of length 1 are not stretched: reshape them
   * away.
   */
  record Broadcast(Shape shape, List<Integer> axes) implements Move {
    public Broadcast {
      Given.given("Broadcast", "shape", shape);
      Given.all("Broadcast", "axes", axes);
      axes = List.copyOf(axes);
    }

    @Override
    public String mnemonic() {
      return "broadcast";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("broadcast", in, 1);
      TensorType x = in.getFirst();
      if (axes.size() != x.rank()) {
        throw TypeRules.attribute(
            "broadcast", "axes", axes, "one result axis for each axis of " + x);
      }
      TypeRules.axes("broadcast", "axes", axes, shape.rank());
      for (int i = 0; i < axes.size(); i++) {
        if (i > 0 && axes.get(i - 1) > axes.get(i)) {
          throw TypeRules.attribute("broadcast", "axes", axes, "ascending axes; transpose first");
        }
        if (shape.dim(axes.get(i)) != x.shape().dim(i)) {
          throw TypeRules.bad(
              "broadcast",
              0,
              x,
              "length " + shape.dim(axes.get(i)) + " on axis " + i + " for shape [" + shape + "]");
        }
      }
      return List.of(x.with(shape));
    }
  }

  /** Elements {@code start, start+stride, … < limit} of every axis; strides are positive. */
  record Slice(List<Integer> start, List<Integer> limit, List<Integer> stride) implements Move {
    public Slice {
      Given.all("Slice", "start", start);
      Given.all("Slice", "limit", limit);
      Given.all("Slice", "stride", stride);
      start = List.copyOf(start);
      limit = List.copyOf(limit);
      stride = List.copyOf(stride);
    }

    @Override
    public String mnemonic() {
      return "slice";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("slice", in, 1);
      TensorType x = in.getFirst();
      if (start.size() != x.rank() || limit.size() != x.rank() || stride.size() != x.rank()) {
        throw TypeRules.attribute(
            "slice", "start", start, "start, limit and stride for all axes of " + x);
      }
      List<Integer> dims = new ArrayList<>();
      for (int i = 0; i < x.rank(); i++) {
        int s = start.get(i);
        int l = limit.get(i);
        if (s < 0 || l < s || l > x.shape().dim(i) || stride.get(i) < 1) {
          throw TypeRules.attribute(
              "slice",
              "start:limit:stride on axis " + i,
              s + ":" + l + ":" + stride.get(i),
              "0 <= start <= limit <= " + x.shape().dim(i) + " and stride >= 1");
        }
        dims.add((int) (((long) l - s + stride.get(i) - 1) / stride.get(i)));
      }
      return List.of(x.with(Shape.of(dims)));
    }
  }

  /**
   * Surrounds the operand with a scalar (operand 1): {@code low} before, {@code high} after, and
   * {@code interior} between neighbours, on every axis; none negative.
   */
  record Pad(List<Integer> low, List<Integer> high, List<Integer> interior) implements Move {
    public Pad {
      Given.all("Pad", "low", low);
      Given.all("Pad", "high", high);
      Given.all("Pad", "interior", interior);
      low = List.copyOf(low);
      high = List.copyOf(high);
      interior = List.copyOf(interior);
    }

    @Override
    public String mnemonic() {
      return "pad";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("pad", in, 2);
      TensorType x = in.getFirst();
      if (!in.get(1).equals(TensorType.scalar(x.dtype()))) {
        throw TypeRules.bad("pad", 1, in.get(1), TensorType.scalar(x.dtype()).toString());
      }
      if (low.size() != x.rank() || high.size() != x.rank() || interior.size() != x.rank()) {
        throw TypeRules.attribute("pad", "low", low, "low, high and interior for all axes of " + x);
      }
      List<Integer> dims = new ArrayList<>();
      for (int i = 0; i < x.rank(); i++) {
        if (low.get(i) < 0 || high.get(i) < 0 || interior.get(i) < 0) {
          throw TypeRules.attribute(
              "pad",
              "low, high, interior on axis " + i,
              low.get(i) + "," + high.get(i) + "," + interior.get(i),
              "none negative");
        }
        int n = x.shape().dim(i);
        long between = Math.max(0, n - 1L) * interior.get(i);
        long all = (long) low.get(i) + high.get(i) + n + between;
        dims.add(TypeRules.length("pad", "axis " + i + " of " + x, all));
      }
      return List.of(x.with(Shape.of(dims)));
    }
  }

  /** Joins any number (at least one) of operands along {@code axis}. */
  record Concat(int axis) implements Move {
    @Override
    public String mnemonic() {
      return "concat";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      Given.all("Concat.typeOf", "in", in);
      if (in.isEmpty()) {
        throw new TypeException("concat: got no operands, expected at least one");
      }
      TensorType first = in.getFirst();
      TypeRules.axes("concat", "axis", List.of(axis), first.rank());
      long total = 0;
      for (int i = 0; i < in.size(); i++) {
        TensorType t = in.get(i);
        if (t.dtype() != first.dtype()
            || t.rank() != first.rank()
            || !t.shape().with(axis, 0).equals(first.shape().with(axis, 0))) {
          throw TypeRules.bad(
              "concat",
              i,
              t,
              first + " except on axis " + axis + "; pad or slice it, or join along another axis");
        }
        total += t.shape().dim(axis);
      }
      int length = TypeRules.length("concat", "axis " + axis, total);
      return List.of(first.with(first.shape().with(axis, length)));
    }
  }

  /** Turns the order of elements round on each of {@code axes}. */
  record Reverse(List<Integer> axes) implements Move {
    public Reverse {
      Given.all("Reverse", "axes", axes);
      axes = List.copyOf(axes);
    }

    @Override
    public String mnemonic() {
      return "reverse";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("reverse", in, 1);
      TypeRules.axes("reverse", "axes", axes, in.getFirst().rank());
      return List.of(in.getFirst());
    }
  }

  /**
   * Shifts each slice along {@code by} by {@code step} more than the one before: {@code y[…q…k…] =
   * x[…q + step·k…k…]}, where q starts at the first position that every slice has. {@code axis} of
   * length n becomes {@code n - |step|·(K-1)} long, with K the length of {@code by}.
   *
   * <p>Of an operand repeated along {@code by} it gives the overlapping windows that convolution
   * and pooling read; of a square matrix, its diagonal. Its transpose is a shear with {@code -step}
   * of the padded cotangent.
   */
  record Shear(int axis, int by, int step) implements Move {
    @Override
    public String mnemonic() {
      return "shear";
    }

    /** How much shorter the axis becomes for {@code slices} slices. */
    public int loss(int slices) {
      return Math.multiplyExact(Math.abs(step), Math.max(0, slices - 1));
    }

    /** Position along {@code axis} that result position 0 of the slice 0 reads. */
    public int start(int slices) {
      return step < 0 ? loss(slices) : 0;
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("shear", in, 1);
      TensorType x = in.getFirst();
      TypeRules.axes("shear", "axis,by", List.of(axis, by), x.rank());
      int n = x.shape().dim(axis);
      int slices = x.shape().dim(by);
      if (Math.abs((long) step) * Math.max(0, slices - 1) > n) {
        throw TypeRules.attribute(
            "shear",
            "step",
            step,
            slices + " slices that overlap on axis " + axis + " of " + x + "; pad it");
      }
      return List.of(x.with(x.shape().with(axis, n - loss(slices))));
    }
  }
}
