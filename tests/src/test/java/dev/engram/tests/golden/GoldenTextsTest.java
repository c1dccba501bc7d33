package dev.engram.tests.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.cli.text.Passes;
import dev.engram.lower.Lowering;
import dev.engram.lower.RunOperands;
import dev.engram.tests.build.Needs;
import dev.engram.tests.cuda.StandInBackend;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The golden files that every backend runs, on the text of the CUDA backend. */
class GoldenTextsTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("engram.root"), "tests", "src", "test", "resources", "ir");
  private static final String RUN = "// test: run *\n";

  @BeforeAll
  static void needs() {
    Needs.cppCompiler();
  }

  @TestFactory
  List<DynamicTest> files() throws IOException {
    StandInBackend text = new StandInBackend(TextOptions.tiny());
    Runner runner =
        new Runner(text.name(), (g, in) -> RunOperands.run(text, Lowering.lower(g), in));
    List<Runner> runners = List.of(Runner.interpreter(), runner);
    try (Stream<Path> files = Files.walk(FOLDER)) {
      List<DynamicTest> all =
          files
              .filter(f -> f.toString().endsWith(".ir") && read(f).startsWith(RUN))
              .sorted()
              .map(
                  f ->
                      DynamicTest.dynamicTest(
                          FOLDER.relativize(f).toString(),
                          () ->
                              assertEquals(
                                  read(f),
                                  new GoldenFile(read(f), Passes.all(), runners).expected())))
              .toList();
      assertTrue(all.size() > 10, all::toString);
      return all;
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
