package dev.engram.backend.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.engram.backend.cpu.nest.ProductShape;
import dev.engram.backend.cpu.run.Kernel;
import dev.engram.backend.cpu.run.KernelArgs;
import dev.engram.backend.cpu.run.Scratch;
import dev.engram.ir.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Rows of products, without the nest around them. */
final class ProductClassTest {
  private static final int COLUMNS = 21;
  private static final int DEPTH = 40;
  private static final int ROWS = 7;
  private static final int SLACK = 64;

  /** Touches leave sums as they are where a run adds to them. */
  @Test
  void touchesHaveNoEffect() {
    for (boolean accumulates : new boolean[] {false, true}) {
      for (int bits : new int[] {128, 256, 512}) {
        try (Arena arena = Arena.ofConfined()) {
          ProductShape shape =
              new ProductShape(DType.F32, COLUMNS, 4 * DEPTH, 4, 4 * COLUMNS, 128, 0, accumulates);
          KernelArgs args = ProductShape.operands();
          args.segments[ProductShape.A] = ones(arena, ROWS * DEPTH);
          args.segments[ProductShape.B] = ones(arena, DEPTH * COLUMNS);
          MemorySegment c = ones(arena, ROWS * 32);
          args.segments[ProductShape.C] = c;
          ProductShape.set(args, DEPTH, 0);
          Kernel kernel = ProductClass.kernel(shape, bits);
          float[] before = c.toArray(ValueLayout.JAVA_FLOAT);
          for (int times : new int[] {0, 1000}) {
            for (int rows = 1; rows <= ROWS; rows++) {
              kernel.touch(args, new Scratch(), 0, rows, times);
              boolean same = Arrays.equals(before, c.toArray(ValueLayout.JAVA_FLOAT));
              assertEquals(accumulates, same); // others are written over
            }
          }
          kernel.run(args, new Scratch(), 0, ROWS);
          assertFalse(Arrays.equals(before, c.toArray(ValueLayout.JAVA_FLOAT)));
        }
      }
    }
  }

  private static MemorySegment ones(Arena arena, int n) {
    MemorySegment s = arena.allocate(4L * n + SLACK, SLACK);
    for (int i = 0; i < n; i++) {
      s.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1);
    }
    return s;
  }
}
