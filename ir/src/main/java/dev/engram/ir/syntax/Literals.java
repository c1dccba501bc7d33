package dev.engram.ir.syntax;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.runtime.MemoryOrder;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Base64;
import java.util.Optional;

/**
 * Numbers and tensors as text that reads back to the same bits: shortest decimals, {@code inf},
 * {@code nan}, {@code nan(0x7fc00001)} with the raw bits where they are not the usual ones.
 */
public final class Literals {
  /** Tensors of up to so many elements are written out. */
  private static final int INLINE = 16;

  private static final int INLINE_RANK = 8;

  private Literals() {}

  public static String text(DType dtype, long bits) {
    return switch (dtype) {
      case F32 -> {
        float f = Float.intBitsToFloat((int) bits);
        long raw = bits & 0xFFFFFFFFL;
        yield Float.isNaN(f) ? nan(raw, raw == usualNan(dtype)) : real(Float.toString(f));
      }
      case F64 -> {
        double d = Double.longBitsToDouble(bits);
        yield Double.isNaN(d) ? nan(bits, bits == usualNan(dtype)) : real(Double.toString(d));
      }
      case F16, BF16 -> {
        float f = (float) dtype.toDouble(bits);
        yield Float.isNaN(f) ? nan(bits, bits == usualNan(dtype)) : real(Float.toString(f));
      }
      case I8, I16, I32, I64, U8 -> Long.toString(bits);
      case BOOL -> Boolean.toString(bits != 0);
    };
  }

  private static long usualNan(DType dtype) {
    return dtype.bitsOf(Double.NaN);
  }

  private static String nan(long bits, boolean usual) {
    return usual ? "nan" : "nan(0x" + Long.toHexString(bits) + ")";
  }

  private static String real(String javaText) {
    return switch (javaText) {
      case "Infinity" -> "inf";
      case "-Infinity" -> "-inf";
      default -> javaText.replace('E', 'e');
    };
  }

  /** The bits that {@code text} stands for; empty when it is no value of {@code dtype}. */
  public static Optional<Long> bits(DType dtype, String text) {
    try {
      return switch (dtype) {
        case F32, F64, F16, BF16 -> realBits(dtype, text);
        case I8, I16, I32, I64, U8 -> Optional.of(Long.parseLong(text)).filter(dtype::isBits);
        case BOOL ->
            switch (text) {
              case "true" -> Optional.of(1L);
              case "false" -> Optional.of(0L);
              default -> Optional.empty();
            };
      };
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static Optional<Long> realBits(DType dtype, String text) {
    if (text.startsWith("nan(0x")) {
      long bits = Long.parseUnsignedLong(text.substring(6, text.length() - 1), 16);
      return dtype.isBits(bits) && Double.isNaN(dtype.toDouble(bits))
          ? Optional.of(bits)
          : Optional.empty();
    }
    return switch (text) {
      case "nan" -> Optional.of(usualNan(dtype));
      case "inf" -> Optional.of(dtype.bitsOf(Double.POSITIVE_INFINITY));
      case "-inf" -> Optional.of(dtype.bitsOf(Double.NEGATIVE_INFINITY));
      default -> finite(dtype, text);
    };
  }

  // parseFloat, not (float) parseDouble: rounding twice can miss the nearest float.
  private static Optional<Long> finite(DType dtype, String text) {
    if (text.startsWith("0x")) {
      return Optional.empty();
    }
    if (dtype == DType.F64) {
      double d = Double.parseDouble(text);
      return Double.isFinite(d) ? Optional.of(Double.doubleToRawLongBits(d)) : Optional.empty();
    }
    long bits = dtype.bitsOf(Float.parseFloat(text));
    return Double.isFinite(dtype.toDouble(bits)) ? Optional.of(bits) : Optional.empty();
  }

  /**
   * {@code f32[2,2] [[1.0, 2.0], [3.0, 4.0]]}; longer ones as {@code f32[64] base64 "…"}, or, when
   * {@code elide}, as {@code f32[64] <1.0, 2.0, 3.0, … 64 values>}, which cannot be read back.
   */
  public static String tensor(HostTensor t, boolean elide) {
    StringBuilder out = new StringBuilder().append(t.type()).append(' ');
    if (t.type().size() <= INLINE && t.type().rank() <= INLINE_RANK && plainBools(t)) {
      return out.append(elements(t)).toString();
    }
    if (!elide) {
      return out.append("base64 \"").append(base64(t)).append('"').toString();
    }
    out.append('<');
    for (int i = 0; i < 3; i++) {
      out.append(text(t.type().dtype(), t.bits(i))).append(", ");
    }
    return out.append("… ").append(t.type().size()).append(" values>").toString();
  }

  /** {@code [[1.0, 2.0], [3.0, 4.0]]}; {@code []} for a tensor without elements. */
  public static String elements(HostTensor t) {
    StringBuilder out = new StringBuilder();
    if (t.type().size() == 0) {
      return "[]";
    }
    nested(out, t, 0, 0);
    return out.toString();
  }

  /** False when a bool's byte is neither 0 nor 1, as memory from outside may have it. */
  private static boolean plainBools(HostTensor t) {
    if (t.type().dtype() != DType.BOOL) {
      return true;
    }
    for (long i = 0; i < t.type().size(); i++) {
      if (t.bits(i) != 0 && t.bits(i) != 1) {
        return false;
      }
    }
    return true;
  }

  private static void nested(StringBuilder out, HostTensor t, int axis, long offset) {
    if (axis == t.type().rank()) {
      out.append(text(t.type().dtype(), t.bits(offset)));
      return;
    }
    int n = t.type().shape().dim(axis);
    long step = t.type().shape().strides()[axis];
    out.append('[');
    for (int i = 0; i < n; i++) {
      out.append(i > 0 ? ", " : "");
      nested(out, t, axis + 1, offset + i * step);
    }
    out.append(']');
  }

  /** The elements as little-endian bytes. */
  private static String base64(HostTensor t) {
    MemorySegment elements = MemoryOrder.littleEndian(t.segment(), t.type().dtype().bytes());
    byte[] bytes = elements.toArray(ValueLayout.JAVA_BYTE);
    return Base64.getEncoder().encodeToString(bytes);
  }

  /**
   * The inverse of {@link #tensor}'s base64; empty when the number of bytes is not the type's, or
   * when a bool is neither 0 nor 1.
   */
  static Optional<HostTensor> fromBase64(TensorType type, String text) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    if (bytes.length % type.dtype().bytes() != 0
        || bytes.length / type.dtype().bytes() != type.size()) {
      return Optional.empty();
    }
    HostTensor t = HostTensor.allocate(type);
    t.segment()
        .copyFrom(MemoryOrder.littleEndian(MemorySegment.ofArray(bytes), type.dtype().bytes()));
    return plainBools(t) ? Optional.of(t) : Optional.empty();
  }

  /**
   * A quoted string with escapes for quotes, backslashes, and everything outside printable ASCII.
   */
  public static String quoted(String s) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\t' -> out.append("\\t");
        default -> {
          boolean printable = c >= ' ' && c != 0x7f && !Character.isSurrogate(c) && isShown(c);
          out.append(printable ? String.valueOf(c) : String.format("\\u%04x", (int) c));
        }
      }
    }
    return out.append('"').toString();
  }

  private static boolean isShown(char c) {
    return c < 0x7f || Character.isLetterOrDigit(c);
  }
}
