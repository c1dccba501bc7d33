package dev.engram.ir.math;

/**
 * Floats of 16 bits, held in the low bits of an int: {@code f16} is IEEE 754 binary16, {@code bf16}
 * the upper half of an f32. Rounds to nearest, ties to even; a NaN stays one. Backends that convert
 * by other means must give these bits.
 */
public final class HalfFloats {
  private HalfFloats() {}

  /** The bits of the f16 nearest to {@code x}. */
  public static int toF16(float x) {
    return Float.floatToFloat16(x) & 0xFFFF;
  }

  /** The value of an f16, exactly. */
  public static float ofF16(int bits) {
    return Float.float16ToFloat((short) bits);
  }

  /** The bits of the bf16 nearest to {@code x}. */
  public static int toBf16(float x) {
    int bits = Float.floatToRawIntBits(x);
    if (Float.isNaN(x)) {
      // Its upper half alone could be all zeros, an infinity.
      return bits >>> 16 | 0x40;
    }
    // Adds half of the last place kept, less one where that place is even: a carry is the rounding.
    return (bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16;
  }

  /** The value of a bf16, exactly. */
  public static float ofBf16(int bits) {
    return Float.intBitsToFloat(bits << 16);
  }
}
