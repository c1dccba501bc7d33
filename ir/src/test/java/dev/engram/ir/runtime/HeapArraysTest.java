package dev.engram.ir.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** In a JVM of its own, whose heap has less room than the tensors. */
class HeapArraysTest {
  private static final long LIMIT = 64 << 20;
  private static final int MANY = 20_000_000;

  private record Row(String called, String asked, Supplier<Object> program) {}

  private static List<Row> rows(int n) {
    HostTensor t = HostTensor.allocate(TensorType.of(DType.U8, n));
    double[][] rows = Collections.nCopies(n / 1000, new double[1000]).toArray(double[][]::new);
    return List.of(
        new Row("toDoubles", "160.0 MB for an array of the elements of u8[20000000]", t::toDoubles),
        new Row("toFloats", "80.0 MB for an array of the elements of u8[20000000]", t::toFloats),
        new Row("toLongs", "160.0 MB for an array of the elements of u8[20000000]", t::toLongs),
        new Row("of", "160.0 MB for an array of all values", () -> HostTensor.of(rows)));
  }

  static final class Full {
    public static void main(String[] args) {
      for (Row row : rows(MANY)) {
        try {
          System.out.println(row.program.get());
        } catch (OutOfMemoryError expected) {
          System.out.println(expected.getMessage());
        }
      }
    }
  }

  @Test
  void whatTheHeapHasNoRoomForIsSaid() throws Exception {
    List<String> said = ChildJvm.run(LIMIT, List.of("-Xmx32m"), Full.class).lines().toList();
    List<Row> rows = rows(1000);
    assertEquals(rows.size(), said.size(), said::toString);
    for (int i = 0; i < rows.size(); i++) {
      String says = said.get(i);
      assertTrue(says.startsWith(rows.get(i).called + " (HeapArraysTest.java:"), says);
      assertTrue(says.contains("): no " + rows.get(i).asked + " in the heap: "), says);
      assertTrue(says.endsWith("or start Java with a larger -Xmx"), says);
    }
  }

  /** The control: there is room for few. */
  @Test
  void whatItHasRoomForIsThere() {
    rows(1000).forEach(r -> assertNotNull(r.program.get()));
  }
}
