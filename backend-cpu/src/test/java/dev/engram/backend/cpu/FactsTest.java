package dev.engram.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the backend tells about itself. */
class FactsTest {
  private static Map<String, String> facts(Vectors vectors) {
    return new CpuBackend(new CpuOptions(3, vectors)).facts();
  }

  @Test
  void threadsAndVectorsAreTold() {
    assertEquals(List.of("threads", "vectors"), List.copyOf(facts(Vectors.AUTO).keySet()));
    assertEquals("3", facts(Vectors.AUTO).get("threads"));
    assertTrue(facts(Vectors.AUTO).get("vectors").matches("auto, \\d+ bits"));
    assertTrue(facts(Vectors.FORCE).get("vectors").matches("force, \\d+ bits"));
    assertEquals("force, 256 bits", facts(Vectors.FORCE_256).get("vectors"));
    assertEquals("off", facts(Vectors.OFF).get("vectors"));
  }

  @Test
  void anOptionThatIsRefusedIsTold() {
    String before = System.getProperty("engram.threads");
    System.setProperty("engram.threads", "none");
    try {
      assertEquals(
          Map.of("options", "engram.threads is 'none', expected a number of at least 1"),
          new CpuBackend().facts());
    } finally {
      if (before == null) {
        System.clearProperty("engram.threads");
      } else {
        System.setProperty("engram.threads", before);
      }
    }
  }
}
