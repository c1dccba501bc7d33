package dev.engram.ir.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** Elements between memory and files, on machines of both orders. */
class MemoryOrderTest {

  private static byte[] bytes(MemorySegment s) {
    return s.toArray(ValueLayout.JAVA_BYTE);
  }

  /** What the JDK writes in one order becomes what it writes in the other. */
  @Test
  void aBigEndianMachineTurnsEachElement() {
    float[] values = {1.5f, -2, Float.NaN, 1e-30f};
    ByteBuffer big = ByteBuffer.allocate(16).order(ByteOrder.BIG_ENDIAN);
    ByteBuffer little = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    for (float v : values) {
      big.putFloat(v);
      little.putFloat(v);
    }
    MemorySegment inMemory = MemorySegment.ofArray(big.array());
    MemorySegment inFile = MemoryOrder.littleEndian(inMemory, 4, ByteOrder.BIG_ENDIAN);
    assertArrayEquals(little.array(), bytes(inFile));
    MemorySegment back = MemoryOrder.littleEndian(inFile, 4, ByteOrder.BIG_ENDIAN);
    assertArrayEquals(big.array(), bytes(back));
  }

  @Test
  void widthsOfAllElements() {
    byte[] all = {1, 2, 3, 4, 5, 6, 7, 8};
    MemorySegment s = MemorySegment.ofArray(all);
    assertSame(s, MemoryOrder.littleEndian(s, 1, ByteOrder.BIG_ENDIAN));
    assertArrayEquals(
        new byte[] {2, 1, 4, 3, 6, 5, 8, 7},
        bytes(MemoryOrder.littleEndian(s, 2, ByteOrder.BIG_ENDIAN)));
    assertArrayEquals(
        new byte[] {8, 7, 6, 5, 4, 3, 2, 1},
        bytes(MemoryOrder.littleEndian(s, 8, ByteOrder.BIG_ENDIAN)));
  }

  /** Without a copy, so that loading costs nothing more. */
  @Test
  void aLittleEndianMachineKeepsThem() {
    MemorySegment s = MemorySegment.ofArray(new byte[8]);
    assertSame(s, MemoryOrder.littleEndian(s, 4, ByteOrder.LITTLE_ENDIAN));
  }
}
