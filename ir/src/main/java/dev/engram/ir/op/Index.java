package dev.engram.ir.op;

import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import java.util.ArrayList;
import java.util.List;

/** Reads or writes at positions known only in the run, or finds them. Indices are i32 or i64. */
public sealed interface Index extends Op {

  /**
   * Replaces {@code axis} of operand 0 by all axes of the index tensor (operand 1) after its batch
   * axes. The first {@code batch} axes of both are paired; {@code axis >= batch}.
   *
   * <p>{@code x[b…, p…, N, q…], i[b…, j…] → y[b…, p…, j…, q…]} with {@code y[b,p,j,q] =
   * x[b,p,i[b,j],q]}. An index outside 0..N-1 is clamped into it; wrap the indices in {@link Check}
   * for an error instead.
   */
  record Gather(int axis, int batch) implements Index {
    @Override
    public String mnemonic() {
      return "gather";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("gather", in, 2);
      TensorType x = in.getFirst();
      Shape out = gathered("gather", x, in.get(1), axis, batch);
      if (x.size() == 0 && out.size() > 0) {
        throw TypeRules.bad("gather", 0, x, "a non-empty axis " + axis);
      }
      return List.of(x.with(out));
    }
  }

  /** How scattered updates meet what is there; applied in row-major order of the updates. */
  enum Combine {
    /** The update takes the place; of several the last. */
    SET,
    /** The update is added. */
    ADD,
    /** The greater stays. */
    MAX
  }

  /**
   * The mirror of {@link Gather}: operand 0 with updates (operand 2, of the shape a gather with the
   * indices of operand 1 would give) combined in. Updates whose index is outside 0..N-1 are
   * dropped.
   */
  record Scatter(int axis, int batch, Combine combine) implements Index {
    public Scatter {
      Given.given("Scatter", "combine", combine);
    }

    @Override
    public String mnemonic() {
      return "scatter";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("scatter", in, 3);
      TensorType x = in.getFirst();
      TensorType want = x.with(gathered("scatter", x, in.get(1), axis, batch));
      if (!in.get(2).equals(want)) {
        throw TypeRules.bad("scatter", 2, in.get(2), want.toString());
      }
      if (combine != Combine.SET && !x.dtype().isNumeric()) {
        throw TypeRules.bad("scatter", 0, x, "a numeric type");
      }
      return List.of(x);
    }
  }

  /**
   * A window of {@code sizes} out of operand 0, starting at the scalar indices that follow it, one
   * per axis. Starts are clamped so that the window fits.
   */
  record DynamicSlice(Shape sizes) implements Index {
    public DynamicSlice {
      Given.given("DynamicSlice", "sizes", sizes);
    }

    @Override
    public String mnemonic() {
      return "dynamicSlice";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      Given.all("DynamicSlice.typeOf", "in", in);
      TensorType x = starts("dynamicSlice", in, 1);
      window("dynamicSlice", x, sizes);
      return List.of(x.with(sizes));
    }
  }

  /**
   * Operand 0 with the window operand 1 written at the scalar starts that follow, clamped so that
   * the window fits.
   */
  record DynamicUpdate() implements Index {
    @Override
    public String mnemonic() {
      return "dynamicUpdate";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      Given.all("DynamicUpdate.typeOf", "in", in);
      TensorType x = starts("dynamicUpdate", in, 2);
      if (in.get(1).dtype() != x.dtype()) {
        throw TypeRules.bad("dynamicUpdate", 1, in.get(1), in.get(1).with(x.dtype()).toString());
      }
      window("dynamicUpdate", x, in.get(1).shape());
      return List.of(x);
    }
  }

  /**
   * The positions (i32) along {@code axis} that sort it: {@code y[…i…]} is where the i-th element
   * of the sorted row comes from.
   *
   * <p>Equal elements keep their order, in both directions; -0 equals 0. NaN comes last, in both
   * directions, in the order that they have.
   */
  record ArgSort(int axis, boolean descending) implements Index {
    @Override
    public String mnemonic() {
      return "argSort";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("argSort", in, 1);
      TensorType x = in.getFirst();
      TypeRules.axes("argSort", "axis", List.of(axis), x.rank());
      return List.of(x.with(DType.I32));
    }

    /** The order of two elements of type {@code dtype}, equal ones apart. */
    public int compare(DType dtype, long a, long b) {
      Given.given("ArgSort.compare", "dtype", dtype);
      if (!dtype.isFloat()) {
        return descending ? Long.compare(b, a) : Long.compare(a, b);
      }
      double x = dtype.toDouble(a);
      double y = dtype.toDouble(b);
      if (Double.isNaN(x) || Double.isNaN(y)) {
        return Boolean.compare(Double.isNaN(x), Double.isNaN(y));
      }
      // Not Double.compare, which tells -0 from 0.
      int order = x < y ? -1 : x > y ? 1 : 0;
      return descending ? -order : order;
    }
  }

  private static Shape gathered(String op, TensorType x, TensorType indices, int axis, int batch) {
    if (!indices.dtype().isInteger()) {
      throw TypeRules.bad(op, 1, indices, "an integer type; convert it with .cast(DType.I32)");
    }
    if (batch < 0 || batch > indices.rank() || axis < batch || axis >= x.rank()) {
      throw TypeRules.attribute(
          op,
          "axis,batch",
          axis + "," + batch,
          "0 <= batch <= axis < rank of " + x + " and batch <= rank of " + indices);
    }
    List<Integer> dims = new ArrayList<>();
    for (int i = 0; i < x.rank(); i++) {
      if (i < batch && x.shape().dim(i) != indices.shape().dim(i)) {
        throw TypeRules.bad(op, 1, indices, "length " + x.shape().dim(i) + " on batch axis " + i);
      }
      if (i == axis) {
        for (int j = batch; j < indices.rank(); j++) {
          dims.add(indices.shape().dim(j));
        }
      } else {
        dims.add(x.shape().dim(i));
      }
    }
    return Shape.of(dims);
  }

  private static TensorType starts(String op, List<TensorType> in, int first) {
    if (in.size() < first) {
      throw new TypeException(op + ": got " + in.size() + " operands, expected at least " + first);
    }
    TensorType x = in.getFirst();
    TypeRules.arity(op, in, first + x.rank());
    for (int i = first; i < in.size(); i++) {
      if (!in.get(i).dtype().isInteger() || in.get(i).rank() != 0) {
        throw TypeRules.bad(op, i, in.get(i), "an integer scalar");
      }
    }
    return x;
  }

  private static void window(String op, TensorType x, Shape sizes) {
    boolean fits = sizes.rank() == x.rank();
    for (int i = 0; fits && i < sizes.rank(); i++) {
      fits = sizes.dim(i) <= x.shape().dim(i);
    }
    if (!fits) {
      throw TypeRules.attribute(op, "window", "[" + sizes + "]", "a window that fits into " + x);
    }
  }
}
