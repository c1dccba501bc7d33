package dev.engram.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Rows that the JDK does not have, against values computed to 40 digits. */
class SpecialFunctionsTest {
  private static final Map<String, ElementwiseRow> ROWS =
      Map.of(
          "erf", Rows.ERF,
          "erfc", Rows.ERFC,
          "erfInv", Rows.ERF_INV,
          "lgamma", Rows.LGAMMA,
          "digamma", Rows.DIGAMMA,
          "polygamma", Rows.POLYGAMMA,
          "asinh", Rows.ASINH,
          "acosh", Rows.ACOSH,
          "atanh", Rows.ATANH,
          "log2", Rows.LOG2);

  private record Point(String function, double[] x, double value) {
    double error(double got) {
      double rest = Math.abs(got - value);
      return rest == 0 ? 0 : rest / Math.max(Math.abs(value), Double.MIN_NORMAL);
    }
  }

  private static List<Point> points() throws IOException {
    try (var in =
        Objects.requireNonNull(
            SpecialFunctionsTest.class.getResourceAsStream("special_functions.csv"))) {
      return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
          .lines()
          .skip(1)
          .map(SpecialFunctionsTest::point)
          .toList();
    }
  }

  private static Point point(String line) {
    String[] cells = line.split(",");
    double[] numbers =
        Arrays.stream(cells, 1, cells.length).mapToDouble(Double::parseDouble).toArray();
    int n = numbers.length - 1;
    return new Point(cells[0], Arrays.copyOf(numbers, n), numbers[n]);
  }

  private static double eval(ElementwiseRow row, double... x) {
    return row.real().apply(x[0], x.length > 1 ? x[1] : 0, 0);
  }

  // Between negative integers ln |Γ| and ψ cross zero, and the reflection formulas subtract.
  private static double allowed(Point p) {
    boolean reflected = p.x[p.x.length - 1] < 0 && !p.function.startsWith("e");
    return reflected ? 1e-14 * Math.max(1, 1 / Math.abs(p.value)) * 4 : 4e-15;
  }

  @Test
  void valuesHaveFourteenDigits() throws IOException {
    Map<String, Double> worst = new TreeMap<>();
    Set<String> seen = new HashSet<>();
    for (Point p : points()) {
      double error = p.error(eval(ROWS.get(p.function), p.x));
      seen.add(p.function);
      worst.merge(p.function, error, Math::max);
      assertTrue(
          error <= allowed(p),
          () -> p.function + Arrays.toString(p.x) + ": off by " + error + " of " + p.value);
    }
    assertEquals(ROWS.keySet(), seen);
    System.out.println("largest relative errors: " + worst);
  }

  /** Control: a value off in the 14th digit is found. */
  @Test
  void theCheckSeesTheFourteenthDigit() throws IOException {
    Point p = points().getFirst();
    assertThrows(
        AssertionError.class, () -> assertTrue(p.error(p.value * (1 + 1e-14)) <= allowed(p)));
  }

  /** ψ^(n)(x) nears (-1)^(n+1) n! / d^(n+1) at a distance d from each pole, on both sides. */
  @Test
  void besidePoles() {
    for (double d : new double[] {0x1p-70, 0x1p-52, 0x1p-30}) {
      for (double pole : new double[] {0, -1, -2}) {
        for (double x : new double[] {pole - d, pole + d}) {
          double r = x - pole; // exact; 0 where the pole is the nearest number
          if (r != 0) {
            assertEquals(1, eval(Rows.DIGAMMA, x) * -r, 1e-8, "digamma " + x);
            assertEquals(1, eval(Rows.POLYGAMMA, 1, x) * r * r, 1e-8, "trigamma " + x);
            assertEquals(1, eval(Rows.POLYGAMMA, 2, x) * -r * r * r / 2, 1e-8, "order 2, " + x);
          }
        }
      }
    }
  }

  @Test
  void endsAndPoles() {
    double inf = Double.POSITIVE_INFINITY;
    double nan = Double.NaN;
    assertEquals(1, eval(Rows.ERF, inf));
    assertEquals(-1, eval(Rows.ERF, -inf));
    assertEquals(0, eval(Rows.ERFC, inf));
    assertEquals(2, eval(Rows.ERFC, -inf));
    assertEquals(-0.0, eval(Rows.ERF, -0.0));
    assertEquals(inf, eval(Rows.ERF_INV, 1));
    assertEquals(-inf, eval(Rows.ERF_INV, -1));
    assertEquals(-0.0, eval(Rows.ERF_INV, -0.0));
    assertEquals(nan, eval(Rows.ERF_INV, 1.0000001));
    for (double pole : new double[] {0, -0.0, -1, -7}) {
      assertEquals(inf, eval(Rows.LGAMMA, pole));
      assertEquals(nan, eval(Rows.DIGAMMA, pole));
    }
    assertEquals(inf, eval(Rows.LGAMMA, inf));
    assertEquals(inf, eval(Rows.DIGAMMA, inf));
    assertEquals(0, eval(Rows.POLYGAMMA, 1, inf));
    assertEquals(nan, eval(Rows.POLYGAMMA, -1, 2));
    assertEquals(eval(Rows.DIGAMMA, 2.5), eval(Rows.POLYGAMMA, 0, 2.5));
    assertEquals(-1074, eval(Rows.LOG2, Double.MIN_VALUE), 1e-12);
    assertEquals(1023, eval(Rows.LOG2, 0x1p1023));
    assertEquals(-inf, eval(Rows.LOG2, 0));
    assertEquals(nan, eval(Rows.ACOSH, 0.5));
    for (ElementwiseRow row : ROWS.values()) {
      assertEquals(nan, eval(row, nan, nan), row.name());
    }
  }
}
