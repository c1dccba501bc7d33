package dev.engram.tests.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.testkit.GoldenFiles;
import java.util.List;
import java.util.function.BiFunction;

/** The golden files that every backend runs, for a backend that is not among those of the build. */
public final class GoldenRuns {
  private GoldenRuns() {}

  /** Their names. */
  public static List<String> names() {
    return Golden.forEveryBackend().stream().map(Golden::name).toList();
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
    String text = Golden.read(Golden.FOLDER.resolve(name));
    assertEquals(text, Golden.on(new GoldenFiles.Runner(backend, run::apply)).expected(text));
  }
}
