package dev.engram.ir.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** In a JVM of its own, with little memory for tensors. */
class NativeMemoryTest {
  private static final long MEGABYTE = 1 << 20;
  private static final long LIMIT = 32 * MEGABYTE;
  private static final int BUSY_MILLIS = 2000;

  /** The thread that frees memory is busy for longer than the JVM waits for it. */
  static final class WhileFreeingIsSlow {
    @SuppressWarnings("restricted") // only to have something done when memory is freed
    public static void main(String[] args) {
      MemorySegment anything = MemorySegment.ofAddress(64);
      for (int i = 0; i < 4 * LIMIT / MEGABYTE; i++) {
        if (i == 8) {
          anything.reinterpret(1, Arena.ofAuto(), _ -> sleep());
        }
        HostTensor.allocate(TensorType.of(DType.U8, (int) MEGABYTE)).setBits(0, 1);
      }
      System.out.println("done");
    }

    private static void sleep() {
      try {
        Thread.sleep(BUSY_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Small tensors, many times what there is memory for; some live long enough to grow old. */
  static final class ManySmallOnes {
    public static void main(String[] args) {
      List<HostTensor> kept = new ArrayList<>();
      long bytes = 256;
      for (long i = 0; i < 20 * LIMIT / bytes; i++) {
        HostTensor t = HostTensor.allocate(TensorType.of(DType.U8, (int) bytes));
        if (i % 1000 == 0) {
          kept.add(t);
        }
        if (kept.size() > 500) {
          kept.clear();
        }
      }
      System.out.println("done");
    }
  }

  /** The control: what is held is not freed. */
  static final class HeldOnes {
    public static void main(String[] args) {
      List<HostTensor> held = new ArrayList<>();
      try {
        for (int i = 0; i < 2 * LIMIT / MEGABYTE; i++) {
          held.add(HostTensor.allocate(TensorType.of(DType.U8, (int) MEGABYTE)));
        }
      } catch (OutOfMemoryError expected) {
        System.out.println("full at " + held.size() / 8 * 8 + ": " + expected.getMessage());
      }
    }
  }

  /** More than there is in all; the JVM's own try takes half a second, ours would take six. */
  static final class TooMuch {
    public static void main(String[] args) {
      long start = System.nanoTime();
      try {
        HostTensor.allocate(TensorType.of(DType.U8, (int) (2 * LIMIT)));
      } catch (OutOfMemoryError expected) {
        System.out.println(System.nanoTime() - start < 4e9 ? "at once" : "late");
      }
    }
  }

  @Test
  void doesNotWaitForWhatNeverFits() throws Exception {
    assertEquals("at once", run(TooMuch.class));
  }

  @Test
  void waitsForMemoryThatIsBeingFreed() throws Exception {
    assertEquals("done", run(WhileFreeingIsSlow.class));
  }

  @Test
  void neverRunsOutOfMemoryThatNobodyHolds() throws Exception {
    assertEquals("done", run(ManySmallOnes.class));
  }

  @Test
  void memoryThatIsHeldIsNotThere() throws Exception {
    String said = run(HeldOnes.class);
    assertTrue(said.startsWith("full at 24: allocate (NativeMemoryTest.java:"), said);
    assertTrue(said.contains("): no 1.0 MB for u8[1048576] outside the heap: 3"), said);
    assertTrue(said.contains(" of at most 33.6 MB are held (3"), said);
    assertTrue(said.matches(".* by tensors \\(3\\d\\).*"), said);
    assertTrue(said.contains("-XX:MaxDirectMemorySize"), said);
  }

  private static String run(Class<?> main) throws IOException, InterruptedException {
    return ChildJvm.run(LIMIT, List.of("-Xmx256m"), main);
  }
}
