package dev.engram.tests.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.lower.Lowering;
import dev.engram.lower.RunOperands;
import dev.engram.testkit.GoldenFiles;
import dev.engram.tests.build.Needs;
import dev.engram.tests.cuda.StandInBackend;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The golden files that every backend runs, on the text of the CUDA backend. */
class GoldenTextsTest {
  @BeforeAll
  static void needs() {
    Needs.cppCompiler();
  }

  @TestFactory
  List<DynamicTest> files() {
    StandInBackend text = new StandInBackend(TextOptions.tiny());
    GoldenFiles golden =
        Golden.on(
            new GoldenFiles.Runner(
                text.name(), (g, in) -> RunOperands.run(text, Lowering.lower(g), in)));
    List<DynamicTest> all =
        Golden.forEveryBackend().stream()
            .map(f -> DynamicTest.dynamicTest(Golden.name(f), () -> check(golden, Golden.read(f))))
            .toList();
    assertTrue(all.size() > 10, all::toString);
    return all;
  }

  private static void check(GoldenFiles golden, String text) {
    assertEquals(text, golden.expected(text));
  }
}
