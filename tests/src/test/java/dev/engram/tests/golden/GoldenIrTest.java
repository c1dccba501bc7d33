package dev.engram.tests.golden;

import dev.engram.cli.text.Passes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** One test for each file in {@code src/test/resources/ir}. */
class GoldenIrTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("engram.root"), "tests", "src", "test", "resources", "ir");

  @TestFactory
  List<DynamicTest> files() throws IOException {
    Bless bless = Bless.fromSettings();
    try (Stream<Path> files = Files.walk(FOLDER)) {
      return files
          .filter(f -> f.toString().endsWith(".ir"))
          .sorted()
          .map(f -> DynamicTest.dynamicTest(FOLDER.relativize(f).toString(), () -> check(f, bless)))
          .toList();
    }
  }

  private static void check(Path file, Bless bless) throws IOException {
    String text = Files.readString(file);
    bless.check(file, text, new GoldenFile(text, Passes.all(), Runner.all()).expected());
  }
}
