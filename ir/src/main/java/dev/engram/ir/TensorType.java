package dev.engram.ir;

import dev.engram.ir.checks.Given;
import java.math.BigInteger;

/** What is known of a value before the run: {@code f32[64,128]}. */
public record TensorType(DType dtype, Shape shape) {
  public TensorType {
    Given.given("the element type", dtype);
    Given.given("the shape", shape);
  }

  /** The type with these axis lengths. */
  public static TensorType of(DType dtype, int... dims) {
    return new TensorType(dtype, Shape.of(dims));
  }

  /** The type of one element without axes. */
  public static TensorType scalar(DType dtype) {
    return new TensorType(dtype, Shape.scalar());
  }

  /** Number of axes. */
  public int rank() {
    return shape.rank();
  }

  /** Number of elements. */
  public long size() {
    return shape.size();
  }

  /**
   * Bytes of one dense row-major copy.
   *
   * @throws TypeException when there are more than 2<sup>63</sup> - 1
   */
  public long bytes() {
    long bytes = dtype.bytes();
    if (size() > Long.MAX_VALUE / bytes) {
      throw new TypeException(
          this
              + " does not fit into memory: it has "
              + BigInteger.valueOf(size()).multiply(BigInteger.valueOf(bytes))
              + " bytes ("
              + SourceLocation.here()
              + "); make it smaller");
    }
    return size() * bytes;
  }

  /** The same element type in another shape. */
  public TensorType with(Shape other) {
    return new TensorType(dtype, other);
  }

  /** The same shape of another element type. */
  public TensorType with(DType other) {
    return new TensorType(other, shape);
  }

  // Written out, as passes ask for it everywhere: a record's own takes long to link, and is slower.
  @Override
  public boolean equals(Object o) {
    return this == o || (o instanceof TensorType t && dtype == t.dtype && shape.equals(t.shape));
  }

  @Override
  public int hashCode() {
    return 31 * dtype.ordinal() + shape.hashCode();
  }

  @Override
  public String toString() {
    return dtype + "[" + shape + "]";
  }
}
