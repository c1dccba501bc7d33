package dev.engram.ir.math;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Source;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The known answers of the Random123 distribution (kat_vectors, threefry2x32 with 20 rounds). */
class ThreefryTest {

  @Test
  void zeros() {
    assertBlock(0, 0, 0, 0, 0x6b200159, 0x99ba4efe);
  }

  @Test
  void ones() {
    assertBlock(-1, -1, -1, -1, 0x1cb996fc, 0xbb002be7);
  }

  @Test
  void digitsOfPi() {
    assertBlock(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0);
  }

  @Test
  void randomBitsTakesTheWordsOfSuccessiveCounters() {
    HostTensor key = HostTensor.of(new int[] {7, -9}, 2);
    HostTensor bits =
        Interpreter.eval(new Source.RandomBits(Shape.of(5)), List.of(key), SourceLocation.UNKNOWN)
            .getFirst();
    long[] want = new long[5];
    for (int i = 0; i < 5; i++) {
      long block = Threefry.block(7, -9, i / 2, 0);
      want[i] = i % 2 == 0 ? (int) block : (int) (block >> 32);
    }
    assertArrayEquals(want, bits.toLongs());
  }

  @Test
  void theCounterHasTwoWords() {
    long i = (5L << 33) + 7;
    assertEquals((int) (Threefry.block(1, 2, 3, 5) >>> 32), Threefry.word(1, 2, i));
  }

  private static void assertBlock(int k0, int k1, int c0, int c1, int w0, int w1) {
    long block = Threefry.block(k0, k1, c0, c1);
    assertEquals(Integer.toHexString(w0), Integer.toHexString((int) block));
    assertEquals(Integer.toHexString(w1), Integer.toHexString((int) (block >>> 32)));
  }
}
