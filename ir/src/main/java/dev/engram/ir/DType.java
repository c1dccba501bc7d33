package dev.engram.ir;

import dev.engram.ir.math.HalfFloats;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Element types. The text name ({@code f32}, {@code bool}, …) is the lower-case constant name.
 *
 * <p>Some are for storage: {@code f16} (IEEE 754 binary16), {@code bf16} (the upper half of an
 * f32), {@code i8}, {@code i16} and {@code u8}. Ops take them like the others and give them back,
 * but compute in the {@link #wide} type: f32, or i32. Integers wrap; a float becomes one of 16 bits
 * by way of f32, each time to nearest, ties to even.
 */
public enum DType {
  /** Floats of 32 bits, IEEE 754 binary32. */
  F32(4),
  /** Floats of 64 bits, IEEE 754 binary64. */
  F64(8),
  /** Floats of 16 bits, IEEE 754 binary16: 11 bits of precision, at most 65504. */
  F16(2),
  /** The upper half of an f32: 8 bits of precision in the range of an f32. */
  BF16(2),
  /** Signed integers of 8 bits. */
  I8(1),
  /** Signed integers of 16 bits. */
  I16(2),
  /** Signed integers of 32 bits. */
  I32(4),
  /** Signed integers of 64 bits. */
  I64(8),
  /** Unsigned integers of 8 bits, 0 to 255. */
  U8(1),
  /** Truth values, a byte each: 0 or 1. */
  BOOL(1);

  private final int bytes;
  private final String text;

  DType(int bytes) {
    this.bytes = bytes;
    this.text = name().toLowerCase(Locale.ROOT);
  }

  /** All types' names, for errors. */
  public static String names() {
    return Arrays.stream(values()).map(t -> t.text).collect(Collectors.joining(", "));
  }

  /** Bytes one element takes in memory; a bool takes one byte holding 0 or 1. */
  public int bytes() {
    return bytes;
  }

  /** True for the floating-point types, the only ones that carry derivatives. */
  public boolean isFloat() {
    return switch (this) {
      case F32, F64, F16, BF16 -> true;
      case I8, I16, I32, I64, U8, BOOL -> false;
    };
  }

  /** True for the integer types. */
  public boolean isInteger() {
    return this != BOOL && !isFloat();
  }

  /** True for everything that has arithmetic: floats and integers. */
  public boolean isNumeric() {
    return this != BOOL;
  }

  /** The type that arithmetic on this one is done in: itself, but for the types of storage. */
  public DType wide() {
    return switch (this) {
      case F16, BF16 -> F32;
      case I8, I16, U8 -> I32;
      case F32, F64, I32, I64, BOOL -> this;
    };
  }

  /**
   * The raw bits of {@code value} in this type: floats round to nearest, integers truncate and
   * saturate.
   */
  public long bitsOf(double value) {
    return switch (this) {
      case F32 -> Float.floatToRawIntBits((float) value) & 0xFFFFFFFFL;
      case F64 -> Double.doubleToRawLongBits(value);
      case F16 -> HalfFloats.toF16((float) value);
      case BF16 -> HalfFloats.toBf16((float) value);
      case I8, I16, U8 -> Math.clamp((long) value, (int) lowest(), (int) highest());
      case I32 -> (int) value;
      case I64 -> (long) value;
      case BOOL -> value != 0 ? 1 : 0;
    };
  }

  /** The value that raw {@code bits} of this type stand for, as a double. */
  public double toDouble(long bits) {
    return switch (this) {
      case F32 -> Float.intBitsToFloat((int) bits);
      case F64 -> Double.longBitsToDouble(bits);
      case F16 -> HalfFloats.ofF16((int) bits);
      case BF16 -> HalfFloats.ofBf16((int) bits);
      case I8, I16, I32, I64, U8, BOOL -> bits;
    };
  }

  /** The greatest value of this float type below what {@code value} is rounded to. */
  public double below(double value) {
    return switch (this) {
      case F64 -> Math.nextDown(value);
      case F32 -> Math.nextDown((float) value);
      case F16, BF16 -> {
        long bits = bitsOf(value);
        double rounded = toDouble(bits);
        // sign and magnitude: nearer to zero from above, or further away below
        long next = rounded > 0 ? bits - 1 : rounded < 0 ? bits + 1 : 0x8001;
        yield Double.isNaN(rounded) ? rounded : toDouble(next);
      }
      case I8, I16, I32, I64, U8, BOOL -> throw new IllegalArgumentException(this + " is no float");
    };
  }

  /** The raw bits of an integer in this type: floats round to nearest, integers wrap. */
  public long ofLong(long value) {
    return switch (this) {
      // An i64 must not go through f64 on its way to f32: it would be rounded twice.
      case F32 -> Float.floatToRawIntBits((float) value) & 0xFFFFFFFFL;
      case F64 -> Double.doubleToRawLongBits((double) value);
      case F16 -> HalfFloats.toF16((float) value);
      case BF16 -> HalfFloats.toBf16((float) value);
      case I8 -> (byte) value;
      case I16 -> (short) value;
      case I32 -> (int) value;
      case I64 -> value;
      case U8 -> value & 0xFF;
      case BOOL -> value != 0 ? 1 : 0;
    };
  }

  /** The raw bits of the least value: -∞ for floats. */
  public long lowest() {
    return switch (this) {
      case F32, F64, F16, BF16 -> bitsOf(Double.NEGATIVE_INFINITY);
      case I8 -> Byte.MIN_VALUE;
      case I16 -> Short.MIN_VALUE;
      case I32 -> Integer.MIN_VALUE;
      case I64 -> Long.MIN_VALUE;
      case U8, BOOL -> 0;
    };
  }

  /** The raw bits of the greatest value: ∞ for floats. */
  public long highest() {
    return switch (this) {
      case F32, F64, F16, BF16 -> bitsOf(Double.POSITIVE_INFINITY);
      case I8 -> Byte.MAX_VALUE;
      case I16 -> Short.MAX_VALUE;
      case I32 -> Integer.MAX_VALUE;
      case I64 -> Long.MAX_VALUE;
      case U8 -> 0xFF;
      case BOOL -> 1;
    };
  }

  /** True when {@code bits} are raw bits of this type, in the form that its methods give. */
  public boolean isBits(long bits) {
    return switch (this) {
      case F32 -> bits >>> 32 == 0;
      case F16, BF16 -> bits >>> 16 == 0;
      case F64 -> true;
      case I8, I16, I32, I64, U8 -> ofLong(bits) == bits;
      case BOOL -> bits == 0 || bits == 1;
    };
  }

  @Override
  public String toString() {
    return text;
  }
}
