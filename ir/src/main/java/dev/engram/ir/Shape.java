package dev.engram.ir;

import dev.engram.ir.checks.Given;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A static shape: the length of every axis, outermost first. Immutable; scalars have rank 0.
 *
 * <p>A long holds the product of all lengths that are not 0, so that strides are exact: a shape
 * beyond that is refused, also where an axis has length 0 (as numpy does).
 */
public final class Shape {
  private static final Shape SCALAR = new Shape(new int[0]);

  private final int[] dims;
  private final long size;

  private Shape(int[] dims) {
    long reached = 1;
    boolean empty = false;
    for (int d : dims) {
      if (d < 0) {
        throw new TypeException(
            "shape "
                + Arrays.toString(dims)
                + " has a negative axis, expected lengths of at least 0 ("
                + SourceLocation.here()
                + "); give every length, none is found from the others");
      }
      empty |= d == 0;
      if (d > 1 && reached > Long.MAX_VALUE / d) {
        throw tooLarge(dims);
      }
      reached *= Math.max(d, 1);
    }
    this.dims = dims;
    this.size = empty ? 0 : reached;
  }

  private static TypeException tooLarge(int[] dims) {
    BigInteger elements =
        Arrays.stream(dims)
            .filter(d -> d > 0)
            .mapToObj(BigInteger::valueOf)
            .reduce(BigInteger.ONE, BigInteger::multiply);
    return new TypeException(
        "shape "
            + Arrays.toString(dims)
            + " has "
            + elements
            + " elements"
            + (IntStream.of(dims).anyMatch(d -> d == 0) ? " but for the axes of length 0" : "")
            + ", expected at most "
            + Long.MAX_VALUE
            + " ("
            + SourceLocation.here()
            + "); make it smaller");
  }

  /** The shape with these axis lengths. */
  public static Shape of(int... dims) {
    Given.given("Shape.of", "dims", dims);
    return dims.length == 0 ? SCALAR : new Shape(dims.clone());
  }

  /** The shape with these axis lengths. */
  public static Shape of(List<Integer> dims) {
    Given.all("Shape.of", "dims", dims);
    return of(dims.stream().mapToInt(Integer::intValue).toArray());
  }

  /** The shape without axes, of one element. */
  public static Shape scalar() {
    return SCALAR;
  }

  /** Number of axes. */
  public int rank() {
    return dims.length;
  }

  /**
   * Length of {@code axis}, {@code 0 <= axis < rank}; {@link #axis} turns one that counts from the
   * end into such.
   *
   * @throws IndexOutOfBoundsException for another
   */
  public int dim(int axis) {
    if (axis < 0 || axis >= dims.length) {
      throw new IndexOutOfBoundsException(
          "axis "
              + axis
              + " of shape ["
              + this
              + "], expected 0 <= axis < "
              + dims.length
              + (axis < 0 && axis >= -dims.length ? "; count from the end with axis(...)" : ""));
    }
    return dims[axis];
  }

  /** Number of elements; 1 for a scalar. */
  public long size() {
    return size;
  }

  /** The lengths of the axes, in an array that may be changed. */
  public int[] toArray() {
    return dims.clone();
  }

  /** The lengths of the axes. */
  public List<Integer> dims() {
    return Arrays.stream(dims).boxed().toList();
  }

  /** Row-major strides in elements. */
  public long[] strides() {
    long[] s = new long[dims.length];
    long step = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      s[i] = step;
      step *= Math.max(dims[i], 1);
    }
    return s;
  }

  /** The indices of the element at {@code place} in row-major order, as {@code 3,0,7}. */
  public String indices(long place) {
    long[] strides = strides();
    List<String> index = new ArrayList<>();
    for (int a = 0; a < dims.length; a++) {
      index.add(Long.toString(place / strides[a] % dims[a]));
    }
    return String.join(",", index);
  }

  /** This shape with an axis of length {@code n} put in front of {@code axis}. */
  public Shape insert(int axis, int n) {
    int[] out = new int[dims.length + 1];
    System.arraycopy(dims, 0, out, 0, axis);
    out[axis] = n;
    System.arraycopy(dims, axis, out, axis + 1, dims.length - axis);
    return of(out);
  }

  /** This shape without {@code axes}. */
  public Shape without(List<Integer> axes) {
    Given.all("Shape.without", "axes", axes);
    return of(
        IntStream.range(0, dims.length).filter(i -> !axes.contains(i)).map(i -> dims[i]).toArray());
  }

  /** This shape with {@code axis} set to length {@code n}. */
  public Shape with(int axis, int n) {
    int[] out = dims.clone();
    out[axis] = n;
    return of(out);
  }

  /** The axes {@code from <= i < to} as a shape. */
  public Shape range(int from, int to) {
    return of(Arrays.copyOfRange(dims, from, to));
  }

  /** The axes of this shape followed by those of {@code tail}. */
  public Shape concat(Shape tail) {
    Given.given("Shape.concat", "tail", tail);
    int[] out = Arrays.copyOf(dims, dims.length + tail.dims.length);
    System.arraycopy(tail.dims, 0, out, dims.length, tail.dims.length);
    return of(out);
  }

  /**
   * Negative axes count from the end.
   *
   * @throws TypeException when out of range
   */
  public int axis(int axis) {
    return at("", axis);
  }

  /**
   * {@link #axis(int)} of an operand.
   *
   * @param op for the error
   */
  public int axis(String op, int axis) {
    return at(op + ": ", axis);
  }

  /**
   * {@link #axis(int)} of several axes of an operand, in the order given.
   *
   * @param op for the error
   */
  public List<Integer> axes(String op, int... axes) {
    Given.given(op, "axes", axes);
    return Arrays.stream(axes).map(a -> axis(op, a)).boxed().toList();
  }

  private int at(String prefix, int axis) {
    int a = axis < 0 ? axis + dims.length : axis;
    if (a < 0 || a >= dims.length) {
      throw new TypeException(
          "%saxis %d is out of range for shape [%s], expected %s (%s)"
              .formatted(
                  prefix,
                  axis,
                  this,
                  dims.length == 0
                      ? "no axis of a scalar"
                      : -dims.length + " to " + (dims.length - 1),
                  SourceLocation.here()));
    }
    return a;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Shape s && Arrays.equals(dims, s.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** {@code 64,128}; empty for a scalar. */
  @Override
  public String toString() {
    return Arrays.stream(dims).mapToObj(Integer::toString).collect(Collectors.joining(","));
  }
}
