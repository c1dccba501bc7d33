package dev.engram.backend.cuda.text;

import dev.engram.ir.DType;

/**
 * Element types in C. Values of the narrow types are held in an {@code int}: integers as numbers,
 * floats of 16 bits as their raw bits.
 */
final class CTypes {
  private CTypes() {}

  /** The type of a value. */
  static String value(DType t) {
    return switch (t) {
      case F32 -> "float";
      case F64 -> "double";
      case I64 -> "i64";
      case I32, I16, I8, U8, BOOL, F16, BF16 -> "int";
    };
  }

  /** The size of a value of such a type. */
  static int bytes(String value) {
    return value.equals("double") || value.equals("i64") ? 8 : 4;
  }

  /** The type of an element in memory. */
  static String memory(DType t) {
    return switch (t) {
      case F32 -> "float";
      case F64 -> "double";
      case I64 -> "i64";
      case I32 -> "int";
      case I16 -> "short";
      case I8 -> "signed char";
      case U8, BOOL -> "unsigned char";
      case F16, BF16 -> "unsigned short";
    };
  }

  /** The value with these raw bits, exactly. */
  static String literal(DType t, long bits) {
    return switch (t) {
      case F32 -> {
        float f = Float.intBitsToFloat((int) bits);
        yield Float.isFinite(f)
            ? real(Float.toString(f), Float.toHexString(f)) + "f"
            : "__int_as_float(" + literal((int) bits) + ")";
      }
      case F64 -> {
        double d = Double.longBitsToDouble(bits);
        yield Double.isFinite(d)
            ? real(Double.toString(d), Double.toHexString(d))
            : "__longlong_as_double(" + literal(bits) + ")";
      }
      case I64 -> literal(bits);
      case I32, I16, I8, U8, BOOL, F16, BF16 -> literal((int) bits);
    };
  }

  // Few digits are read alike by every compiler, many are better given exactly.
  private static String real(String decimal, String exact) {
    return decimal.length() <= 8 ? decimal : exact;
  }

  static String literal(int v) {
    return v == Integer.MIN_VALUE ? "(-2147483647 - 1)" : Integer.toString(v);
  }

  static String literal(long v) {
    return v == Long.MIN_VALUE ? "(-9223372036854775807LL - 1)" : v + "LL";
  }

  /** As {@link dev.engram.ir.op.Cast}: floats truncate and saturate, integers wrap. */
  static String convert(DType from, DType to, String x) {
    if (from == to) {
      return x;
    }
    if (from == DType.F16 || from == DType.BF16) {
      return convert(DType.F32, to, "eg_of_" + from + "(" + x + ")");
    }
    boolean real = from.isFloat();
    return switch (to) {
      case F32 -> "(float)" + x;
      case F64 -> "(double)" + x;
      case F16, BF16 -> "eg_to_" + to + "(" + convert(from, DType.F32, x) + ")";
      case BOOL -> "(int)(" + x + " != 0)";
      case I64 -> real ? "eg_to_i64(" + x + ")" : "(i64)" + x;
      case I32 -> real ? "eg_to_i32(" + x + ")" : "(int)" + x;
      case I16, I8, U8 ->
          real
              ? "eg_clamp(eg_to_i32(%s), %s, %s)"
                  .formatted(x, (int) to.lowest(), (int) to.highest())
              : "(int)(" + memory(to) + ")" + x;
    };
  }
}
