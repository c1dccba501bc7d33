package dev.engram.ir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.math.HalfFloats;
import dev.engram.ir.syntax.Literals;
import java.math.BigDecimal;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Element types: their bits, their limits, and how values get into them. */
class DTypeTest {

  @Test
  void everyFloatOf16BitsIsItself() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      for (DType t : new DType[] {DType.F16, DType.BF16}) {
        double v = t.toDouble(bits);
        if (Double.isNaN(v)) {
          assertTrue(Double.isNaN(t.toDouble(t.bitsOf(v))));
        } else {
          assertEquals(bits, t.bitsOf(v), t + " " + v);
        }
      }
    }
  }

  /** To nearest, ties to even, by exact arithmetic on the two values around. */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F16", "BF16"})
  void roundsToNearest(DType t) {
    SplittableRandom random = new SplittableRandom(3);
    int ties = 0;
    for (int i = 0; i < 200_000; i++) {
      int below = random.nextInt((int) t.highest() - 1);
      float low = (float) t.toDouble(below);
      float high = (float) t.toDouble(below + 1);
      boolean tie = random.nextInt(4) == 0;
      float x = tie ? low / 2 + high / 2 : (float) (low + random.nextDouble() * (high - low));
      int order = exact(x).subtract(exact(low)).compareTo(exact(high).subtract(exact(x)));
      ties += order == 0 ? 1 : 0;
      int expected = order < 0 || (order == 0 && below % 2 == 0) ? below : below + 1;
      assertEquals(expected, t.bitsOf(x), () -> t + " of " + x);
      assertEquals(t.toDouble(expected), -t.toDouble(t.bitsOf(-x)));
    }
    assertTrue(ties > 10_000, "ties were tried");
  }

  private static BigDecimal exact(float x) {
    return new BigDecimal(x);
  }

  /** Values of ml_dtypes 0.6, as JAX has them. */
  @Test
  void halvesAsElsewhere() {
    float[] x = {1e-8f, 6e-8f, 65519f, 65520f, 3.1415927f, -0.1f, 1e38f, 3.4e38f, Float.NaN, -0f};
    int[] f16 = {0, 1, 0x7bff, 0x7c00, 0x4248, 0xae66, 0x7c00, 0x7c00, 0x7e00, 0x8000};
    int[] bf16 = {0x322c, 0x3381, 0x4780, 0x4780, 0x4049, 0xbdcd, 0x7e96, 0x7f80, 0x7fc0, 0x8000};
    for (int i = 0; i < x.length; i++) {
      assertEquals(f16[i], HalfFloats.toF16(x[i]), "f16 of " + x[i]);
      assertEquals(bf16[i], HalfFloats.toBf16(x[i]), "bf16 of " + x[i]);
    }
    float strange = Float.intBitsToFloat(0x7f800001);
    assertTrue(Float.isNaN(HalfFloats.ofBf16(HalfFloats.toBf16(strange))), "NaN, not ∞");
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void memoryKeepsEveryBit(DType t) {
    SplittableRandom random = new SplittableRandom(4);
    HostTensor h = HostTensor.allocate(TensorType.of(t, 100));
    long[] bits = new long[100];
    for (int i = 0; i < 100; i++) {
      bits[i] = i == 0 ? t.lowest() : i == 1 ? t.highest() : t.ofLong(random.nextLong());
      h.setBits(i, bits[i]);
    }
    for (int i = 0; i < 100; i++) {
      assertEquals(bits[i], h.bits(i));
      assertTrue(t.isBits(bits[i]));
    }
    assertEquals(100L * t.bytes(), h.segment().byteSize());
  }

  @Test
  void integersWrapAndFloatsSaturate() {
    HostTensor i = HostTensor.of(new int[] {127, 128, -129, 256, 300, -1, 40000}, 7);
    assertArrayEquals(new long[] {127, -128, 127, 0, 44, -1, 64}, longs(i, DType.I8));
    assertArrayEquals(new long[] {127, 128, 127, 0, 44, 255, 64}, longs(i, DType.U8));
    assertArrayEquals(new long[] {127, 128, -129, 256, 300, -1, -25536}, longs(i, DType.I16));
    HostTensor f = HostTensor.of(new float[] {1.9f, -1.9f, 200, -200, 1e30f, Float.NaN}, 6);
    assertArrayEquals(new long[] {1, -1, 127, -128, 127, 0}, longs(f, DType.I8));
    assertArrayEquals(new long[] {1, 0, 200, 0, 255, 0}, longs(f, DType.U8));
    assertArrayEquals(new long[] {1, -1, 200, -200, 32767, 0}, longs(f, DType.I16));
  }

  @Test
  void arithmeticStaysInItsType() {
    HostTensor a = HostTensor.of(new byte[] {100, -128, 7}, 3);
    HostTensor b = HostTensor.of(new byte[] {100, -1, 0}, 3);
    assertArrayEquals(new long[] {-56, 127, 7}, a.add(b).host().toLongs());
    assertArrayEquals(new long[] {1, -128, -1}, a.div(b).host().toLongs());
    HostTensor u = HostTensor.ofUnsigned(new byte[] {(byte) 200, 3}, 2);
    assertArrayEquals(new long[] {144, 6}, u.add(u).host().toLongs());
    assertArrayEquals(new long[] {100, 1}, u.shiftRight(1).host().toLongs());
    assertArrayEquals(new long[] {55, 252}, u.not().host().toLongs());
    assertEquals(DType.U8, u.mul(u).dtype());
    assertThrows(TypeException.class, () -> u.add(a.slice(0, 0, 2)));
    assertThrows(TypeException.class, () -> u.add(-1));
  }

  /** Each op rounds once, a sum as a whole: 1 + 256 · 2⁻⁹ is 1.5, not 1, in bf16. */
  @Test
  void sumsOfBf16AreMadeInF32() {
    HostTensor x = HostTensor.full(TensorType.of(DType.BF16, 257), 0x1p-9);
    x.setDouble(0, 1);
    assertEquals(1.5, x.sum().host().item());
    assertEquals(1, x.get(0).add(x.get(1)).host().item());
  }

  @Test
  void textKeepsHalves() {
    IntFunction<String> text = bits -> Literals.text(DType.BF16, bits);
    assertEquals("1.0", text.apply(0x3f80));
    assertEquals("nan", text.apply(0x7fc0));
    assertEquals("nan(0x7fc1)", text.apply(0x7fc1));
    for (int bits = 0; bits < 1 << 16; bits++) {
      for (DType t : new DType[] {DType.F16, DType.BF16}) {
        assertEquals((long) bits, Literals.bits(t, Literals.text(t, bits)).orElseThrow());
      }
    }
    assertTrue(Literals.bits(DType.U8, "256").isEmpty());
    assertTrue(Literals.bits(DType.I8, "-129").isEmpty());
    assertTrue(Literals.bits(DType.F16, "70000.0").isEmpty());
  }

  private static long[] longs(HostTensor t, DType to) {
    return t.cast(to).host().toLongs();
  }
}
