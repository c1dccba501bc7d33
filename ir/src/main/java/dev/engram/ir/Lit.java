package dev.engram.ir;

import dev.engram.ir.checks.Given;

/**
 * A literal: one value that fills every element of a tensor of {@code type}.
 *
 * @param type the type of the filled tensor
 * @param bits the value's raw bits in {@code type.dtype()}, so that equality tells -0 from 0 and
 *     NaN equals itself
 */
public record Lit(TensorType type, long bits) implements Value {
  public Lit {
    Given.given("Lit", "type", type);
  }

  /** {@code value} everywhere; rounds to f32 and truncates to integers. */
  public static Lit of(TensorType type, double value) {
    Given.given("Lit.of", "type", type);
    return new Lit(type, type.dtype().bitsOf(value));
  }

  /** An exact integer or bool everywhere. */
  public static Lit ofLong(TensorType type, long value) {
    Given.given("Lit.ofLong", "type", type);
    return new Lit(type, type.dtype().ofLong(value));
  }

  /** 0 everywhere, of bools false. */
  public static Lit zero(TensorType type) {
    return ofLong(type, 0);
  }

  /** 1 everywhere, of bools true. */
  public static Lit one(TensorType type) {
    return ofLong(type, 1);
  }

  /** The value as a double; exact for all but large i64. */
  public double asDouble() {
    return type.dtype().toDouble(bits);
  }

  /** The value of an integer or bool literal. */
  public long asLong() {
    return type.dtype().isFloat() ? (long) asDouble() : bits;
  }

  /** Numerically equal to {@code value}; true for both zeros when {@code value} is 0. */
  public boolean is(double value) {
    return asDouble() == value;
  }

  // Written out, as passes ask for it everywhere: a record's own takes long to link, and is slower.
  @Override
  public boolean equals(Object o) {
    return o instanceof Lit l && bits == l.bits && type.equals(l.type);
  }

  @Override
  public int hashCode() {
    return 31 * type.hashCode() + Long.hashCode(bits);
  }
}
