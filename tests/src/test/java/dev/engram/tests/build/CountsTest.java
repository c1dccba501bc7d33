package dev.engram.tests.build;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.tests.ops.OpCounts;
import dev.engram.tests.random.Law;
import dev.engram.tests.random.ProgramLaws;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Counts and prints what the tests cover. */
class CountsTest {
  private static final Path ROOT = Path.of(System.getProperty("engram.root"));
  private static final Pattern PROPERTY = Pattern.compile("@Property\\b(?:\\(tries = (\\d+))?");
  private static final int DEFAULT_TRIES = 1000;

  @Test
  void theBenchIsNotGettingSmaller() throws IOException {
    long golden = files(ROOT.resolve("tests/src/test/resources/ir"), ".ir").size();
    int properties = 0;
    long tries = 0;
    for (Path module : modules()) {
      for (Path file : files(module.resolve("src/test/java"), ".java")) {
        Matcher m = PROPERTY.matcher(Files.readString(file));
        while (m.find()) {
          properties++;
          tries += m.group(1) == null ? DEFAULT_TRIES : Long.parseLong(m.group(1));
        }
      }
    }
    long programs = ProgramLaws.all().stream().mapToLong(Law::tries).sum();
    properties += ProgramLaws.all().size();
    tries += programs;
    System.out.printf(
        "%d ops, %d samples, %d error inputs, %d properties (%d tries, %d of them random programs),"
            + " %d golden files%n",
        OpCounts.ops(), OpCounts.samples(), OpCounts.errors(), properties, tries, programs, golden);
    assertTrue(programs >= 20_000, () -> programs + " random programs, expected 20000 or more");
    assertTrue(OpCounts.samples() > 3 * OpCounts.ops());
  }

  private static List<Path> modules() throws IOException {
    try (Stream<Path> all = Files.list(ROOT)) {
      return all.filter(m -> Files.isDirectory(m.resolve("src/test/java"))).sorted().toList();
    }
  }

  private static List<Path> files(Path folder, String end) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(f -> f.toString().endsWith(end)).sorted().toList();
    }
  }
}
