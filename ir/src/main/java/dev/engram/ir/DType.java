package dev.engram.ir;

import java.util.Locale;

/** Element types. The text name ({@code f32}, {@code bool}, …) is the lower-case constant name. */
public enum DType {
  F32(4),
  F64(8),
  I32(4),
  I64(8),
  BOOL(1);

  private final int bytes;
  private final String text;

  DType(int bytes) {
    this.bytes = bytes;
    this.text = name().toLowerCase(Locale.ROOT);
  }

  /** Bytes one element takes in memory; a bool takes one byte holding 0 or 1. */
  public int bytes() {
    return bytes;
  }

  /** True for the floating-point types, the only ones that carry derivatives. */
  public boolean isFloat() {
    return this == F32 || this == F64;
  }

  /** True for the signed integer types. */
  public boolean isInteger() {
    return this == I32 || this == I64;
  }

  /** True for everything that has arithmetic: floats and integers. */
  public boolean isNumeric() {
    return this != BOOL;
  }

  /** The raw bits of {@code value} in this type: floats round to nearest, integers truncate. */
  public long bitsOf(double value) {
    return switch (this) {
      case F32 -> Float.floatToRawIntBits((float) value) & 0xFFFFFFFFL;
      case F64 -> Double.doubleToRawLongBits(value);
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
      case I32, I64, BOOL -> bits;
    };
  }

  @Override
  public String toString() {
    return text;
  }
}
