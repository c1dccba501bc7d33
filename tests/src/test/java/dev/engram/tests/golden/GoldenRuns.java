package dev.engram.tests.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.cli.text.Passes;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** The golden files that every backend runs, for a backend that is not among those of the build. */
public final class GoldenRuns {
  private static final Path FOLDER =
      Path.of(System.getProperty("engram.root"), "tests", "src", "test", "resources", "ir");
  private static final String RUN = "// test: run *\n";

  private GoldenRuns() {}

  /** Their names. */
  public static List<String> names() {
    try (Stream<Path> files = Files.walk(FOLDER)) {
      return files
          .filter(f -> f.toString().endsWith(".ir"))
          .map(f -> FOLDER.relativize(f).toString())
          .filter(name -> read(name).startsWith(RUN))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Runs one.
   *
   * @param backend how the backend is called in errors
   * @param run the results for one tensor per parameter
   * @throws AssertionError when they are not those of the file
   */
  public static void check(
      String name, String backend, BiFunction<Graph, List<HostTensor>, List<HostTensor>> run) {
    String text = read(name);
    List<Runner> runners = List.of(Runner.interpreter(), new Runner(backend, run::apply));
    assertEquals(text, new GoldenFile(text, Passes.all(), runners).expected());
  }

  private static String read(String name) {
    try {
      return Files.readString(FOLDER.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
