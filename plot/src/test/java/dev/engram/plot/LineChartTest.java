package dev.engram.plot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.plot.LineChart.Format;
import java.awt.Color;
import java.awt.geom.Line2D;
import java.awt.geom.Point2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineChartTest {
  private static final double NAN = Double.NaN;

  @TempDir Path folder;

  @BeforeAll
  static void withoutADisplay() {
    System.setProperty("java.awt.headless", "true");
  }

  private static LineChart chart() {
    return new LineChart("Title", "Training Step", "Loss");
  }

  private static double[] wave(int n) {
    return IntStream.range(0, n).mapToDouble(i -> 3 + Math.sin(i) + 0.1 * i).toArray();
  }

  /**
   * The largest distance in pixels between points and where their values belong, if lengths are
   * {@code f}.
   */
  private static double apart(List<Point2D> points, double[] values, DoubleUnaryOperator f) {
    assertEquals(values.length, points.size());
    double[] y = DoubleStream.of(values).map(f).toArray();
    int low = IntStream.range(0, y.length).reduce((a, b) -> y[b] < y[a] ? b : a).orElseThrow();
    int high = IntStream.range(0, y.length).reduce((a, b) -> y[b] > y[a] ? b : a).orElseThrow();
    double perUnit = (points.get(high).getY() - points.get(low).getY()) / (y[high] - y[low]);
    assertTrue(perUnit < 0, "up is up");
    double across = (points.getLast().getX() - points.getFirst().getX()) / (y.length - 1);
    return IntStream.range(0, y.length)
        .mapToDouble(
            i ->
                points
                    .get(i)
                    .distance(
                        points.getFirst().getX() + i * across,
                        points.get(low).getY() + (y[i] - y[low]) * perUnit))
        .max()
        .orElseThrow();
  }

  @Test
  void pointsLieWhereTheirValuesAre() {
    double[] values = wave(60);
    Drawing drawing = Drawing.of(chart().add("a", values));
    assertEquals(0, apart(drawing.curve(0), values, y -> y), 1e-6);
    assertTrue(apart(drawing.curve(0), values, Math::log10) > 5);
    double[] others = wave(60);
    others[30] += 1;
    assertTrue(apart(drawing.curve(0), others, y -> y) > 5);
  }

  @Test
  void onALogarithmicAxisEqualRatiosAreEqualLengths() {
    double[] values = DoubleStream.of(wave(60)).map(y -> Math.pow(10, y - 5)).toArray();
    Drawing drawing = Drawing.of(chart().logarithmic().add("a", values));
    assertEquals(0, apart(drawing.curve(0), values, Math::log10), 1e-6);
    assertTrue(apart(drawing.curve(0), values, y -> y) > 5);
  }

  /** On a logarithmic x axis too; each point is marked, those of a curve over integers are not. */
  @Test
  void pointsMayHavePlaces() {
    double[] xs = {100, 1_000, 3_000, 10_000};
    Drawing linear = Drawing.of(chart().add("a", xs, new double[] {1, 2, 2, 4}));
    assertEquals(0, astray(linear, xs, x -> x), 1e-6);
    assertTrue(astray(linear, xs, Math::log10) > 5);
    Drawing log = Drawing.of(chart().add("a", xs, new double[] {1, 2, 2, 4}).logarithmicX());
    assertEquals(0, astray(log, xs, Math::log10), 1e-6);
    assertTrue(astray(log, xs, x -> x) > 5);
    assertEquals(4, log.dots(Palette.color(0)).size());
    Drawing integers = Drawing.of(chart().add("a", new double[] {1, 2, 2, 4}));
    assertEquals(0, integers.dots(Palette.color(0)).size());
  }

  /** How far points are from where they belong on the x axis, if lengths are {@code f}. */
  private static double astray(Drawing drawing, double[] xs, DoubleUnaryOperator f) {
    List<Point2D> points = drawing.curve(0);
    assertEquals(xs.length, points.size());
    double from = f.applyAsDouble(xs[0]);
    double unit =
        (points.getLast().getX() - points.getFirst().getX())
            / (f.applyAsDouble(xs[xs.length - 1]) - from);
    return IntStream.range(0, xs.length)
        .mapToDouble(
            i ->
                Math.abs(
                    points.get(i).getX()
                        - points.getFirst().getX()
                        - (f.applyAsDouble(xs[i]) - from) * unit))
        .max()
        .orElseThrow();
  }

  @Test
  void placesThatMeanNothingAreRefused() {
    double[] two = {1, 2};
    for (double[] xs :
        List.of(new double[0], new double[] {1}, new double[] {2, 1}, new double[] {1, NAN})) {
      assertThrows(IllegalArgumentException.class, () -> chart().add("a", xs, two));
    }
    LineChart zero = chart().add("a", new double[] {0, 10}, two).logarithmicX();
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, zero::image);
    assertEquals(
        "the chart \"Title\" has the x 0.0, which a logarithmic axis cannot show", e.getMessage());
  }

  @Test
  void theImageIsThePicture() throws IOException {
    LineChart chart = chart().add("a", wave(60)).size(300, 250);
    BufferedImage image = chart.image();
    BufferedImage read = Drawing.pixels(chart);
    assertEquals(300, image.getWidth());
    assertArrayEquals(pixels(read), pixels(image));
    assertNotEquals(
        Arrays.hashCode(pixels(image)),
        Arrays.hashCode(pixels(chart().add("a", wave(61)).size(300, 250).image())));
  }

  private static int[] pixels(BufferedImage image) {
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  /** Zeros and negative numbers have no logarithm, and do not affect the other values. */
  @Test
  void onALogarithmicAxisWhatIsNotPositiveIsAGap() {
    double[] values = {100, 10, 0, 1, 0.1, -5, 0.01, 0.001};
    double[] positive = {100, 10, NAN, 1, 0.1, NAN, 0.01, 0.001};
    List<List<Point2D>> runs = Drawing.of(chart().logarithmic().add("a", values)).runs(0);
    assertEquals(List.of(2, 2, 2), runs.stream().map(List::size).toList());
    assertEquals(runs, Drawing.of(chart().logarithmic().add("a", positive)).runs(0));
    assertEquals(8, Drawing.of(chart().add("a", values)).curve(0).size());
  }

  /** The labelled lines are at the labelled values: 0, 0.2, … 1. */
  @Test
  void theGridStandsAtRoundNumbers() {
    Drawing drawing = Drawing.of(chart().add("a", new double[] {0, 0.4, 1}));
    for (Point2D p : drawing.curve(0)) {
      assertTrue(near(p.getY(), drawing.levels()), p + ": " + drawing.levels());
    }
    Point2D odd = Drawing.of(chart().add("a", new double[] {0, 0.53, 1})).curve(0).get(1);
    assertFalse(near(odd.getY(), drawing.levels()), odd + ": " + drawing.levels());
    assertEquals(6, drawing.levels().size());
    theNumbersStandAtTheGrid(drawing, "round numbers");
  }

  private static boolean near(double y, List<Double> levels) {
    return levels.stream().anyMatch(l -> Math.abs(l - y) < 1);
  }

  /** XChart writes a number at each of our lines, and at no other place. */
  private static void theNumbersStandAtTheGrid(Drawing drawing, String what) {
    assertEquals(drawing.levels().size(), drawing.marks().size(), what);
    for (double mark : drawing.marks()) {
      assertTrue(near(mark, drawing.levels()), what + ": " + mark + " " + drawing.levels());
    }
  }

  @Test
  void gapsAreLeftOpenAndLonelyPointsAreDots() {
    double[] values = {1, 2, 3, NAN, 4, Double.POSITIVE_INFINITY, 5, 6, Double.NEGATIVE_INFINITY};
    Drawing drawing = Drawing.of(chart().add("a", values));
    List<List<Point2D>> runs = drawing.runs(0);
    assertEquals(List.of(3, 2), runs.stream().map(List::size).toList());
    // Values after a gap are where they would be without it.
    Point2D a = runs.getFirst().getFirst();
    Point2D b = runs.getFirst().get(1);
    double across = b.getX() - a.getX();
    double up = b.getY() - a.getY();
    assertEquals(
        0, runs.get(1).getFirst().distance(a.getX() + 6 * across, a.getY() + 4 * up), 1e-6);
    assertEquals(1, drawing.dots(Palette.color(0)).size());
    Point2D dot = drawing.dots(Palette.color(0)).getFirst();
    assertEquals(0, dot.distance(a.getX() + 4 * across, a.getY() + 3 * up), 1e-6);
    assertEquals(
        List.of(), Drawing.of(chart().add("a", new double[] {1, 2})).dots(Palette.color(0)));
  }

  @Test
  void levelsCrossThePlotAndWidenTheAxis() {
    double[] low = IntStream.range(0, 101).mapToDouble(i -> i / 1000.0).toArray();
    Drawing drawing = Drawing.of(chart().add("low", low).level("chance", 1));
    List<Point2D> curve = drawing.curve(0);
    double perUnit = (curve.getLast().getY() - curve.getFirst().getY()) / 0.1;
    List<Line2D> levels =
        drawing.lines(Palette.level(0)).stream().filter(l -> l.getX2() - l.getX1() > 500).toList();
    assertEquals(1, levels.size());
    assertEquals(curve.getFirst().getY() + perUnit, levels.getFirst().getY1(), 1);
    assertEquals(
        "the level \"none\" is NaN",
        assertThrows(IllegalArgumentException.class, () -> chart().level("none", NAN))
            .getMessage());
  }

  @Test
  void theFirstXMovesTheNumbersAndNothingElse() {
    double[] values = {0, 0.5, 1};
    Drawing at0 = Drawing.of(chart().add("a", values));
    Drawing at7 = Drawing.of(chart().firstX(7).add("a", values));
    assertEquals(0, apart(at0.curve(0), values, y -> y), 1e-6);
    assertEquals(0, apart(at7.curve(0), values, y -> y), 1e-6);
    assertEquals(at0.curve(0).getFirst().getX(), at7.curve(0).getFirst().getX(), 1e-6);
    assertNotEquals(
        new String(Drawing.bytes(chart().add("a", values), Format.SVG), StandardCharsets.UTF_8),
        new String(
            Drawing.bytes(chart().firstX(7).add("a", values), Format.SVG), StandardCharsets.UTF_8));
  }

  @Test
  void longCurvesAreSmoothedAndTheValuesStayBehindThem() {
    double[] noise = new Random(1).doubles(3000, 1, 2).toArray();
    BufferedImage smooth = Drawing.pixels(chart().add("a", noise).add("b", noise.clone()));
    BufferedImage raw = Drawing.pixels(chart().add("a", noise).add("b", noise.clone()).smooth(1));
    assertTrue(inked(smooth, Palette.color(1)) > 500);
    assertTrue(inked(raw, Palette.color(1)) > 10 * inked(smooth, Palette.color(1)));
    Drawing drawing = Drawing.of(chart().add("a", noise));
    assertEquals(2, drawing.runs(0).size());
    double[] mean = new Series("a", new double[0], noise).smoothed(61).values();
    assertEquals(0, apart(drawing.runs(0).get(1), mean, y -> y), 1e-6);
  }

  private static long inked(BufferedImage image, Color color) {
    return IntStream.range(0, image.getWidth() * image.getHeight())
        .filter(i -> image.getRGB(i % image.getWidth(), i / image.getWidth()) == color.getRGB())
        .count();
  }

  /** The first 28 combinations of color and dash differ. */
  @Test
  void curvesDiffer() {
    Set<String> pens = new HashSet<>();
    for (int i = 0; i < 28; i++) {
      pens.add(Palette.color(i) + Arrays.toString(Palette.pen(i, 2).getDashArray()));
    }
    assertEquals(28, pens.size());
    Set<String> grey = new HashSet<>();
    for (int i = 0; i < 4; i++) {
      grey.add(Arrays.toString(Palette.pen(i, 2).getDashArray()));
    }
    assertEquals(4, grey.size());
  }

  /** The pixels of the PNG are those of the SVG. */
  @Test
  void bothFormatsShowTheSame() {
    double[] values = wave(40);
    LineChart chart = chart().add("a", values).size(800, 400);
    BufferedImage image = Drawing.pixels(chart);
    assertEquals(List.of(800, 400), List.of(image.getWidth(), image.getHeight()));
    for (Point2D p : Drawing.of(chart).curve(0)) {
      Color at = new Color(image.getRGB((int) p.getX(), (int) p.getY()));
      assertTrue(at.getBlue() - at.getRed() > 60, p + " is " + at);
    }
  }

  @Test
  void everyDegenerateCurveIsDrawn() {
    double inf = Double.POSITIVE_INFINITY;
    for (double[] values :
        List.of(
            new double[] {3},
            new double[] {0, 0, 0},
            new double[] {5, 5, 5},
            new double[] {1e300, -1e300, 1e-300},
            new double[] {Double.MAX_VALUE, -Double.MAX_VALUE},
            new double[] {Double.MIN_VALUE, 0},
            new double[] {Double.MIN_VALUE, Double.MAX_VALUE},
            new double[] {1e-9, 2e-9, 3.5e-9},
            new double[] {1e12, 1e12 + 1},
            new double[] {NAN, NAN},
            new double[] {inf, -inf, 2, NAN, 3},
            new double[] {-1, -2, 0},
            new double[] {1, Math.nextUp(1.0)})) {
      String name = Arrays.toString(values);
      for (LineChart chart :
          List.of(
              chart().add("a", values),
              chart().add("a", values).logarithmic(),
              chart().add("a", values).smooth(3).logarithmic(),
              chart().add("a", values).size(240, 240),
              chart().add("a", values).size(2000, 240))) {
        BufferedImage image = Drawing.pixels(chart);
        assertEquals(chart.width(), image.getWidth(), name);
        assertEquals(chart.height(), image.getHeight(), name);
        Drawing drawing = Drawing.of(chart);
        assertTrue(drawing.levels().size() >= 2, name + ": " + drawing.levels());
        theNumbersStandAtTheGrid(drawing, name);
      }
    }
  }

  @Test
  void manyValuesAreDrawnSoon() {
    double[] values = new Random(1).doubles(300_000).toArray();
    long start = System.nanoTime();
    BufferedImage image = Drawing.pixels(chart().add("a", values).smooth(11));
    assertTrue((System.nanoTime() - start) / 1e9 < 60);
    assertTrue(inked(image, Palette.color(0)) > 1000);
    // With ten thousand points per pixel, the picture has no more points than it can show.
    assertTrue(Drawing.of(chart().add("a", values).smooth(1)).curve(0).size() < 10_000);
  }

  @Test
  void theSameChartGivesTheSameBytes() {
    for (Format format : Format.values()) {
      byte[] once = Drawing.bytes(chart().add("a", wave(500)).level("b", 2), format);
      assertArrayEquals(once, Drawing.bytes(chart().add("a", wave(500)).level("b", 2), format));
      assertFalse(
          Arrays.equals(once, Drawing.bytes(chart().add("a", wave(501)).level("b", 2), format)));
    }
  }

  @Test
  void nothingIsLeftRunning() {
    Drawing.bytes(chart().add("a", wave(5)), Format.PNG);
    Drawing.bytes(chart().add("a", wave(5)), Format.SVG);
    assertEquals(
        List.of(),
        Thread.getAllStackTraces().keySet().stream()
            .map(Thread::getName)
            .filter(n -> n.startsWith("AWT"))
            .toList());
  }

  @Test
  void wrongUseIsNamed() {
    assertEquals(
        "the curve \"a\" has no values; a chart needs at least one for each curve",
        assertThrows(IllegalArgumentException.class, () -> chart().add("a", new double[0]))
            .getMessage());
    assertEquals(
        "the chart \"Title\" has no curves",
        assertThrows(IllegalArgumentException.class, () -> chart().write(folder.resolve("a.png")))
            .getMessage());
    assertEquals(
        "the file of a chart ends in .png or .svg, got a.jpg",
        assertThrows(
                IllegalArgumentException.class,
                () -> chart().add("a", wave(3)).write(Path.of("a.jpg")))
            .getMessage());
    assertThrows(IllegalArgumentException.class, () -> chart().size(10, 560));
    assertThrows(IllegalArgumentException.class, () -> chart().smooth(0));
  }

  @Test
  void theNameOfTheFileSaysTheFormat() throws IOException {
    LineChart chart = chart().add("a", wave(3)).size(640, 360);
    Path png = folder.resolve("losses.PNG");
    Path svg = folder.resolve("losses.svg");
    chart.write(png);
    chart.write(svg);
    assertEquals(640, ImageIO.read(png.toFile()).getWidth());
    assertArrayEquals(Drawing.bytes(chart, Format.SVG), Files.readAllBytes(svg));
    Path nowhere = folder.resolve("no/losses.png");
    assertThrows(NoSuchFileException.class, () -> chart.write(nowhere));
  }
}
