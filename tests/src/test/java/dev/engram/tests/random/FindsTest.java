package dev.engram.tests.random;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Graph;
import dev.engram.ir.op.Rows;
import dev.engram.ir.text.Parser;
import dev.engram.text.RunLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FindsTest {
  @TempDir Path folder;

  /** A program that shows a fault. */
  private static Program find() {
    for (long seed = 0; ; seed++) {
      Program p = Programs.random(Profile.ANY, seed);
      if (PlantedFaultsTest.breaks(FindsTest::spoiled, p)) {
        return p;
      }
    }
  }

  private static boolean spoiled(Program p) {
    return Laws.keepsBits(p, Faults.row(Rows.TANH, Rows.SIN));
  }

  /** A saved find parses to the same program: it shows the fault, and passes without it. */
  @Test
  void aFindIsAGoldenFile() throws IOException {
    Path file = Finds.save(folder, "cse", find());
    String text = Files.readString(file);
    assertTrue(text.startsWith("// test: laws\n"), text);
    Graph g = Parser.parse(text);
    RunLine line =
        text.lines().map(RunLine::parse).flatMap(Optional::stream).findFirst().orElseThrow();
    Program back = new Program(g, Parser.values(line.arguments(), g.paramTypes()), 1);
    assertThrows(AssertionError.class, () -> spoiled(back));
    assertDoesNotThrow(() -> AllLaws.check(back));
  }
}
