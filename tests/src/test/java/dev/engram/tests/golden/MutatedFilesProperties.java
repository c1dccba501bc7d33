package dev.engram.tests.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.engram.ir.Graph;
import dev.engram.ir.GraphEquality;
import dev.engram.ir.Verifier;
import dev.engram.ir.text.GraphParseException;
import dev.engram.ir.text.OpTable;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;

/**
 * The golden files with changes, cuts and repetitions, as untrusted input: the parser returns
 * graphs or throws a {@link GraphParseException}, the verifier reports errors or none, and both use
 * an amount of memory that is bounded by the length of the text.
 */
class MutatedFilesProperties {
  private static final Path IR =
      Path.of(System.getProperty("engram.root"), "tests/src/test/resources/ir");
  private static final List<String> TEXTS = texts();

  /** Memory that an empty text may use: tables of ops and attributes, filled once. */
  private static final long FIXED = 16L << 20;

  /** Bytes allocated per character, most of them temporary. */
  private static final long PER_CHARACTER = 4000;

  private static final List<String> HUGE =
      List.of(
          "2147483647",
          "f32[2147483647,2147483647]",
          "[2147483647]",
          "1.0: f64[2147483647]",
          "consts=2147483647",
          "length=2147483647",
          "{".repeat(300),
          "[".repeat(300),
          "() = call() body @g() -> () {".repeat(150),
          "9".repeat(500),
          "x".repeat(5000),
          "%x, ".repeat(1000),
          "engram.ir 9",
          "nan(0x7ff0000000000001)",
          "base64 \"AAAA\"");

  /** A token of the grammar in {@code docs/IR.md}. */
  private static final Pattern TOKEN =
      Pattern.compile(
          "\"(?:[^\"\\\\\n"
              + "]|\\\\.)*\"|@\"(?:[^\"\\\\\n"
              + "]|\\\\.)*\"|[%@][A-Za-z_$0-9.]+|[A-Za-z_$][A-Za-z_$0-9.]*|0x[0-9a-f]+|-inf|-?[0-9]+(?:\\.[0-9]+)?(?:e[+-]?[0-9]+)?|->|[(){}\\[\\],:=]|//[^\n"
              + "]*|[ \t\r\n"
              + "]+");

  private static List<String> texts() {
    try (Stream<Path> files = Files.walk(IR)) {
      List<String> texts = new ArrayList<>();
      for (Path f : files.filter(f -> f.toString().endsWith(".ir")).sorted().toList()) {
        String text = Files.readString(f);
        if (text.length() < 20_000) {
          texts.add(text);
        }
      }
      return texts;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Property(tries = 2000, seed = "2026")
  @StatisticsReport(StatisticsReport.StatisticsReportMode.OFF)
  void changedFiles(@ForAll Random random, @ForAll @IntRange(min = 1, max = 5) int changes) {
    StringBuilder text = new StringBuilder(TEXTS.get(random.nextInt(TEXTS.size())));
    for (int i = 0; i < changes; i++) {
      change(text, random);
    }
    Optional<List<Graph>> graphs = read(text.toString());
    // Some must still parse, or only the first error of each text would be tested.
    Statistics.collect(graphs.isPresent());
    Statistics.coverage(c -> c.check(true).percentage(p -> p > 5));
    graphs.ifPresent(all -> all.forEach(MutatedFilesProperties::roundTrip));
  }

  private static void change(StringBuilder text, Random random) {
    int from = random.nextInt(text.length() + 1);
    int to = Math.min(text.length(), from + random.nextInt(40));
    switch (random.nextInt(6)) {
      case 0 -> text.delete(from, to);
      case 1 -> text.insert(from, HUGE.get(random.nextInt(HUGE.size())));
      case 2 -> text.insert(random.nextInt(text.length() + 1), text.substring(from, to));
      case 3 -> text.insert(to, text.substring(from, to).repeat(1 + random.nextInt(50)));
      case 4 -> number(text, from, random);
      default -> {
        String other = TEXTS.get(random.nextInt(TEXTS.size()));
        int at = random.nextInt(other.length());
        text.replace(from, to, other.substring(at, Math.min(other.length(), at + 40)));
      }
    }
  }

  /** Replaces the next number by another. */
  private static void number(StringBuilder text, int from, Random random) {
    int start = from;
    while (start < text.length() && !Character.isDigit(text.charAt(start))) {
      start++;
    }
    int end = start;
    while (end < text.length() && Character.isDigit(text.charAt(end))) {
      end++;
    }
    List<String> numbers = List.of("0", "1", "2", "3", "-1", "2147483647", "9223372036854775807");
    text.replace(start, end, numbers.get(random.nextInt(numbers.size())));
  }

  @Property(tries = 500, seed = "2026")
  void cutFiles(@ForAll Random random) {
    String text = TEXTS.get(random.nextInt(TEXTS.size()));
    int from = random.nextInt(text.length());
    read(text.substring(from, from + random.nextInt(text.length() - from)))
        .ifPresent(all -> all.forEach(MutatedFilesProperties::roundTrip));
  }

  /** White space and comments may separate any two tokens, and have no meaning anywhere. */
  @Property(tries = 300, seed = "2026")
  @StatisticsReport(StatisticsReport.StatisticsReportMode.OFF)
  void otherBlanksAndComments(@ForAll Random random) {
    String text = TEXTS.get(random.nextInt(TEXTS.size()));
    Optional<List<Graph>> graphs = read(text);
    Statistics.collect(graphs.isPresent());
    Statistics.coverage(c -> c.check(true).percentage(p -> p > 80));
    if (graphs.isEmpty()) {
      return; // The file shows errors.
    }
    List<String> blanks = List.of(" ", "\n", "\t", "\r\n", "// a comment\n", " //\n//\n");
    StringBuilder other = new StringBuilder();
    Matcher m = TOKEN.matcher(text);
    int end = 0;
    while (m.find()) {
      assertEquals("", text.substring(end, m.start()), "what is no token");
      end = m.end();
      if (!m.group().isBlank() && !m.group().startsWith("//")) {
        other.append(m.group()).append(blanks.get(random.nextInt(blanks.size())));
      }
    }
    List<Graph> back = read(other.toString()).orElseThrow(() -> new AssertionError(other));
    assertEquals(withoutLines(graphs.get()), withoutLines(back));
  }

  private static List<String> withoutLines(List<Graph> graphs) {
    return graphs.stream().map(g -> Printer.print(g, Printer.Style.NO_LINES)).toList();
  }

  /** Suffixes of paths take no more memory than the paths, however many dots there are. */
  @Example
  void pathsOfManyDots() {
    StringBuilder text = new StringBuilder("graph @f(");
    for (int i = 0; i < 100; i++) {
      text.append(i > 0 ? ", " : "").append("%x").append(i).append(": f32[] \"");
      text.append("a.".repeat(2000)).append(i % 10).append("\"");
    }
    text.append(") -> () { return }");
    // A twentieth of the bytes that a text may use is enough.
    within(text.length() / 20, () -> read(text.toString()));
  }

  /** Control: the measurement includes what the parser allocates for a text. */
  @Example
  void whatIsAllocatedIsSeen() {
    assertThrows(
        AssertionError.class,
        () ->
            within(
                10,
                () -> {
                  byte[] much = new byte[32 << 20];
                  return much.length;
                }));
  }

  /** Returns the graphs, if the text parses, after verifying them. */
  private static Optional<List<Graph>> read(String text) {
    return within(
        text.length(),
        () -> {
          try {
            List<Graph> graphs = Parser.parseAll(text, OpTable.standard()).graphs();
            graphs.forEach(Verifier::findings);
            return Optional.of(graphs);
          } catch (GraphParseException e) {
            assertTrue(e.line() >= 1 && e.column() >= 1, e.getMessage());
            return Optional.empty();
          }
        });
  }

  private static <T> T within(int length, Supplier<T> work) {
    var memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = memory.getCurrentThreadAllocatedBytes();
    T result = work.get();
    long bytes = memory.getCurrentThreadAllocatedBytes() - before;
    assertTrue(
        bytes <= FIXED + PER_CHARACTER * length,
        () -> bytes + " bytes allocated for " + length + " characters");
    return result;
  }

  private static void roundTrip(Graph g) {
    String text = Printer.print(g);
    Graph back = Parser.parse(text);
    assertEquals(Optional.empty(), GraphEquality.difference(g, back), text);
    assertEquals(text, Printer.print(back));
  }
}
