package dev.engram.tests.slopes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.ElementwiseRow.Domain;
import dev.engram.ir.op.Rows;
import dev.engram.testkit.Bless;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * First and second derivatives of every row over the whole range of f32 and f64, interpreted and
 * compiled, in both modes, against numbers of 40 digits. It writes the results to {@code
 * docs/DERIVATIVES.md}.
 */
class DerivativeTableTest {
  private static final Path FILE =
      Path.of(System.getProperty("engram.root")).resolve("docs/DERIVATIVES.md");
  private static final String BEGIN = "<!-- begin slopes -->\n";
  private static final String END = "<!-- end -->";
  private static final List<DType> TYPES = List.of(DType.F32, DType.F64);
  private static final Map<String, String> LINES = new TreeMap<>();

  static Stream<ElementwiseRow> rows() {
    return Rows.all().stream().filter(r -> !r.partials().isEmpty());
  }

  private static double limit(DType t) {
    return t == DType.F32 ? 4 : 8;
  }

  private static List<Measured> measure(ElementwiseRow row, Exact exact, DType t) {
    SplittableRandom random = new SplittableRandom(row.name().hashCode());
    return Measured.of(
        row, exact, t, row.arity() == 1 ? Points.one(t, random) : Points.two(t, random));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void row(ElementwiseRow row) {
    Exact exact = Exact.of(row.name()).orElseThrow();
    List<String> cells = new ArrayList<>();
    boolean[] exceeds = new boolean[3];
    for (DType t : TYPES) {
      List<Measured> m = measure(row, exact, t);
      for (int order = 1; order <= 2; order++) {
        Measured rest = m.get(2 * order - 2);
        assertTrue(rest.ulps() <= limit(t), () -> t + ": " + rest);
        cells.add(bound(rest.ulps()));
        exceeds[order] |= m.get(2 * order - 1).ulps() > limit(t);
      }
    }
    for (Listed l : Listed.ALL) {
      assertTrue(
          !l.row().equals(row.name()) || exceeds[l.order()],
          () -> l.row() + ", order " + l.order() + " is close by now; take it from the list");
    }
    LINES.put(row.name(), "| `" + row.name() + "` | " + String.join(" | ", cells) + " |\n");
  }

  /** Rounds up to one of a few bounds, since the last digit of the measured error is random. */
  private static String bound(double ulps) {
    if (ulps < 0) {
      return "listed";
    }
    return ulps == 0 ? "0" : ulps <= 1 ? "1" : ulps <= 2 ? "2" : ulps <= 4 ? "4" : "8";
  }

  /** Control: rules that square or cancel are detected. */
  @Test
  void aRuleThatSquaresOrCancelsIsFound() {
    ElementwiseRow squares =
        ElementwiseRow.of(
            "asinh",
            1,
            Rows.ASINH.real(),
            new Domain(-3, 3),
            List.of((x, _) -> x.get(0).square().add(1).rsqrt()));
    Exact asinh = Exact.of("asinh").orElseThrow();
    assertTrue(measure(squares, asinh, DType.F32).getFirst().ulps() > 1000);
    ElementwiseRow cancels =
        ElementwiseRow.of(
            "expm1", 1, Rows.EXPM1.real(), new Domain(-3, 3), List.of((_, y) -> y.add(1)));
    Exact expm1 = Exact.of("expm1").orElseThrow();
    assertTrue(measure(cancels, expm1, DType.F64).getFirst().ulps() > 1000);
  }

  @Test
  void ulpsAreDistances() {
    double next = Math.nextUp(1.0);
    assertEquals(1, Ulps.between(DType.F64, next, Ulps.Sum.of(Digits.ONE)));
    assertEquals(1, Ulps.between(DType.F32, Math.nextUp(1f), Ulps.Sum.of(Digits.ONE)));
    assertEquals(
        3, Ulps.between(DType.F64, 4 * Double.MIN_VALUE, Ulps.Sum.of(Digits.of(Double.MIN_VALUE))));
    Ulps.Sum large = Ulps.Sum.of(Digits.of(1e300));
    assertEquals(0, Ulps.between(DType.F32, Double.POSITIVE_INFINITY, large));
    assertEquals(
        Double.POSITIVE_INFINITY, Ulps.between(DType.F64, Double.POSITIVE_INFINITY, large));
    assertEquals(Double.POSITIVE_INFINITY, Ulps.between(DType.F32, Double.NaN, large));
  }

  // Escapes bars, which end the cell of a Markdown table.
  private static String escaped(String cell) {
    return cell.replace("|", "\\|");
  }

  /** After all rows: the document has these results. */
  @AfterAll
  static void document() throws IOException {
    if (LINES.size() != rows().count()) {
      return;
    }
    StringBuilder table =
        new StringBuilder("| row | f32, first | second | f64, first | second |\n");
    table.append("|---|---|---|---|---|\n");
    LINES.values().forEach(table::append);
    table.append("\n| listed | order | where | why |\n|---|---|---|---|\n");
    for (Listed l : Listed.ALL) {
      table.append(
          "| `%s` | %d | %s | %s |%n"
              .formatted(l.row(), l.order(), escaped(l.where()), escaped(l.why())));
    }
    String is = Files.readString(FILE);
    int from = is.indexOf(BEGIN) + BEGIN.length();
    int to = is.indexOf(END, from);
    String expected = is.substring(0, from) + table + is.substring(to);
    Bless.fromSettings().check(FILE, is, expected);
  }
}
