package dev.engram.tests.golden;

import dev.engram.testkit.GoldenFiles;
import dev.engram.tests.random.AllLaws;
import dev.engram.tests.random.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The project's own golden files, with the check {@code laws}: {@link AllLaws} hold. */
final class Golden {
  static final Path FOLDER =
      Path.of(System.getProperty("engram.root"), "tests", "src", "test", "resources", "ir");
  private static final String RUN = "// test: run *\n";

  private Golden() {}

  /** On every backend but the stand-in of a card, whose compiler takes a second for each file. */
  static GoldenFiles everywhere() {
    return laws(GoldenFiles.standard().without("card"));
  }

  /** On the interpreter and one more runner. */
  static GoldenFiles on(GoldenFiles.Runner runner) {
    return laws(GoldenFiles.interpreted().with(runner));
  }

  private static GoldenFiles laws(GoldenFiles files) {
    return files.withCheck("laws", (g, in) -> AllLaws.check(new Program(g, in, 1)));
  }

  /** The files that every backend runs. */
  static List<Path> forEveryBackend() {
    try {
      return GoldenFiles.in(FOLDER).stream().filter(f -> read(f).startsWith(RUN)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String name(Path file) {
    return FOLDER.relativize(file).toString();
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
