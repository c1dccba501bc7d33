package dev.engram.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AlternatingProcessesTest {
  /** Answers each line with a number that grows by one. */
  private static Child counting(int from) {
    return sh("n=" + from + "; while read -r l; do echo \"{\\\"ns\\\": $n}\"; n=$((n + 1)); done");
  }

  private static Child sh(String script) {
    return new Child(List.of("sh", "-c", script));
  }

  @Test
  void bothMeasureAsOften() throws IOException {
    try (AlternatingProcesses both = new AlternatingProcesses(counting(0), counting(100))) {
      AlternatingProcesses.Times times = both.measure(0, 5);
      assertEquals(List.of(1.0, 2.0, 3.0, 4.0, 5.0), times.one().ns().sorted());
      assertEquals(List.of(101.0, 102.0, 103.0, 104.0, 105.0), times.other().ns().sorted());
    }
  }

  /** From the first warm-up on, which has at least one measurement. */
  @Test
  void lossesAreKept() throws IOException {
    Child trains = sh("while read -r l; do echo '{\"ns\": 7, \"losses\": [3, 2]}'; done");
    try (AlternatingProcesses both = new AlternatingProcesses(trains, counting(0))) {
      AlternatingProcesses.Times times = both.measure(0, 1);
      assertEquals(List.of(3.0, 2.0, 3.0, 2.0), times.one().losses());
      assertEquals(List.of(), times.other().losses());
    }
  }

  @Test
  void aProcessThatEndsIsNamed() throws IOException {
    String ends = "read -r l; echo '{\"ns\": 1}'";
    try (AlternatingProcesses both = new AlternatingProcesses(counting(0), sh(ends))) {
      IOException e = assertThrows(IOException.class, () -> both.measure(0, 5));
      assertTrue(e.getMessage().contains(ends) && e.getMessage().contains("ended"), e::toString);
    }
  }
}
