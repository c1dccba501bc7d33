package dev.engram.ir.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** In a JVM of its own, with little memory for tensors and a garbage collector that cannot help. */
class LargeMemoryTest {
  private static final int MEGABYTE = 1 << 20;
  private static final long LIMIT = 32 * MEGABYTE;

  /** No collection is asked for, and the heap is so large that none comes by itself. */
  private static final List<String> NO_COLLECTION =
      List.of("-XX:+DisableExplicitGC", "-Xmn200m", "-Xmx256m");

  private static HostTensor tensor(int bytes) {
    HostTensor t = HostTensor.allocate(TensorType.of(DType.U8, bytes));
    if (t.bits(0) != 0 || t.bits(bytes - 1) != 0) {
      throw new AssertionError("not zero");
    }
    t.setBits(0, 1);
    t.setBits(bytes - 1, 1);
    return t;
  }

  /** Hundred times what there is. */
  static final class ClosedOnes {
    public static void main(String[] args) {
      List<HostTensor> kept = new ArrayList<>();
      for (int i = 0; i < 100 * LIMIT / (5 * MEGABYTE); i++) {
        HostTensor t = tensor((5 + i % 4) * MEGABYTE);
        HostTensor view = t.view(TensorType.of(DType.U8, 1, (int) t.type().size()));
        kept.add(t); // a closed tensor keeps no memory
        kept.add(view);
        view.close();
      }
      System.out.println("done " + kept.stream().allMatch(HostTensor::isClosed));
    }
  }

  /** The control: nobody holds them, but nobody has said so. */
  static final class OpenOnes {
    public static void main(String[] args) {
      int i = 0;
      try {
        for (; i < 100 * LIMIT / (5 * MEGABYTE); i++) {
          tensor(5 * MEGABYTE);
        }
        System.out.println("done");
      } catch (OutOfMemoryError expected) {
        System.out.println("full at " + i + ": " + expected.getMessage());
      }
    }
  }

  /** Each larger than all before it, so that none fits where another was. */
  static final class Growing {
    public static void main(String[] args) {
      for (int bytes = MEGABYTE; bytes < 20 * MEGABYTE; bytes += MEGABYTE / 4) {
        tensor(bytes).close();
      }
      System.out.println("done");
    }
  }

  /** Many times what there is, dropped without being closed. */
  static final class DroppedOnes {
    public static void main(String[] args) {
      for (int i = 0; i < 50 * LIMIT / (2 * MEGABYTE); i++) {
        tensor(2 * MEGABYTE);
      }
      System.out.println("done");
    }
  }

  /** Too small for what is asked for, and told apart from what is held. */
  static final class ClosedAndHeld {
    public static void main(String[] args) {
      tensor(8 * MEGABYTE).close();
      HostTensor held = tensor(14 * MEGABYTE);
      HostTensor again = tensor(7 * MEGABYTE);
      again.close();
      try {
        tensor(20 * MEGABYTE);
      } catch (OutOfMemoryError expected) {
        System.out.println(expected.getMessage() + held.isClosed());
      }
    }
  }

  @Test
  void whatIsClosedIsThereAtOnce() throws Exception {
    assertEquals("done true", ChildJvm.run(LIMIT, NO_COLLECTION, ClosedOnes.class));
  }

  @Test
  void whatIsNotClosedIsThereAfterACollection() throws Exception {
    String said = ChildJvm.run(LIMIT, NO_COLLECTION, OpenOnes.class);
    assertTrue(said.startsWith("full at 6: allocate (LargeMemoryTest.java:"), said);
    assertTrue(said.contains("): no 5.2 MB for u8[5242880] outside the heap: 31.5 MB"), said);
    assertTrue(said.contains("let go of tensors or close them"), said);
    assertEquals("done", ChildJvm.run(LIMIT, List.of(), OpenOnes.class));
    assertEquals("done", ChildJvm.run(LIMIT, List.of(), DroppedOnes.class));
  }

  @Test
  void whatFitsNoOtherTensorIsThereAfterACollection() throws Exception {
    assertEquals("done", ChildJvm.run(LIMIT, List.of(), Growing.class));
  }

  @Test
  void closedTensorsDoNotCountAsHeld() throws Exception {
    String said = ChildJvm.run(LIMIT, NO_COLLECTION, ClosedAndHeld.class);
    assertTrue(said.contains("(14.7 MB by tensors (1), 8.4 MB by closed tensors (1))"), said);
  }
}
