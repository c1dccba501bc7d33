package dev.engram.cli.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineChartTest {
  @TempDir Path folder;

  @BeforeAll
  static void withoutADisplay() {
    System.setProperty("java.awt.headless", "true");
  }

  private static LineChart chart() {
    return new LineChart("Title", "Training Step", "Loss");
  }

  /** Pixels of a color inside the frame, without the corner where the legend may be. */
  private static long inked(BufferedImage image, Color color) {
    return IntStream.range(0, image.getWidth() * image.getHeight())
        .filter(i -> image.getRGB(i % image.getWidth(), i / image.getWidth()) == color.getRGB())
        .count();
  }

  /** The rows that a color reaches in one column. */
  private static int[] rows(BufferedImage image, int column, Color color) {
    return IntStream.range(0, image.getHeight())
        .filter(row -> near(new Color(image.getRGB(column, row)), color))
        .toArray();
  }

  private static boolean near(Color a, Color b) {
    return Math.abs(a.getRed() - b.getRed())
            + Math.abs(a.getGreen() - b.getGreen())
            + Math.abs(a.getBlue() - b.getBlue())
        < 60;
  }

  @Test
  void curvesGoWhereTheirValuesAre() {
    double[] falling = IntStream.range(0, 101).mapToDouble(i -> 1 - i / 100.0).toArray();
    LineChart chart = chart().add("falling", falling).size(800, 400);
    BufferedImage image = chart.draw();
    int[] early = rows(image, 300, Palette.color(0));
    int[] late = rows(image, 600, Palette.color(0));
    assertTrue(early.length > 0 && late.length > 0);
    assertTrue(late[0] - early[0] > 80, "the curve falls from " + early[0] + " to " + late[0]);
    BufferedImage rising =
        chart()
            .add("rising", Arrays.stream(falling).map(y -> 1 - y).toArray())
            .size(800, 400)
            .draw();
    assertTrue(rows(rising, 600, Palette.color(0))[0] < rows(rising, 300, Palette.color(0))[0]);
  }

  @Test
  void levelsCrossThePlotAndWidenTheAxis() {
    double[] low = IntStream.range(0, 101).mapToDouble(i -> i / 1000.0).toArray();
    LineChart chart = chart().add("low", low).level("chance", 1).size(800, 400);
    BufferedImage image = chart.draw();
    // Dashes: most columns of one row have the color, which is drawn above the curve.
    int level =
        IntStream.range(0, image.getHeight())
            .boxed()
            .max(java.util.Comparator.comparingLong(row -> reached(image, row)))
            .orElseThrow();
    assertTrue(reached(image, level) > 200, "reached " + reached(image, level));
    assertTrue(level < 100 && rows(image, 300, Palette.color(0))[0] > 200, "row " + level);
    assertEquals(
        "the level \"none\" is NaN",
        assertThrows(IllegalArgumentException.class, () -> chart.level("none", Double.NaN))
            .getMessage());
  }

  private static long reached(BufferedImage image, int row) {
    return IntStream.range(0, image.getWidth())
        .filter(x -> near(new Color(image.getRGB(x, row)), Palette.level(0)))
        .count();
  }

  @Test
  void twoCurvesHaveTwoColorsAndLongOnesAreSmoothed() {
    double[] noise = new java.util.Random(1).doubles(3000, 1, 2).toArray();
    BufferedImage smooth = chart().add("a", noise).add("b", noise.clone()).draw();
    BufferedImage raw = chart().add("a", noise).add("b", noise.clone()).smooth(1).draw();
    assertTrue(inked(smooth, Palette.color(1)) > 500);
    assertTrue(inked(raw, Palette.color(1)) > 10 * inked(smooth, Palette.color(1)));
  }

  @Test
  void gapsAreLeftOpenAndLonelyPointsAreDots() {
    double[] values = new double[11];
    Arrays.fill(values, 1);
    BufferedImage whole = chart().add("a", values).draw();
    Arrays.fill(values, 4, 7, Double.NaN);
    BufferedImage gap = chart().add("a", values).draw();
    values[5] = 1;
    BufferedImage dot = chart().add("a", values).draw();
    // The middle of the frame, at x = 5.
    int middle =
        IntStream.range(450, 600)
            .filter(c -> rows(dot, c, Palette.color(0)).length > 4)
            .findFirst()
            .orElseThrow();
    assertTrue(rows(whole, middle, Palette.color(0)).length > 0);
    assertEquals(0, rows(gap, middle, Palette.color(0)).length);
    assertEquals(0, rows(dot, middle - 30, Palette.color(0)).length);
  }

  @Test
  void everyDegenerateCurveIsDrawn() {
    double nan = Double.NaN;
    double inf = Double.POSITIVE_INFINITY;
    for (double[] values :
        List.of(
            new double[] {3},
            new double[] {0, 0, 0},
            new double[] {1e300, -1e300, 1e-300},
            new double[] {Double.MAX_VALUE, -Double.MAX_VALUE},
            new double[] {Double.MIN_VALUE, 0},
            new double[] {nan, nan},
            new double[] {inf, -inf, 2, nan, 3},
            new double[] {-1, -2, 0},
            new double[] {1, Math.nextUp(1.0)})) {
      assertEquals(1000, chart().add("a", values).draw().getWidth());
      assertEquals(560, chart().add("a", values).logarithmic().draw().getHeight());
      assertEquals(560, chart().add("a", values).smooth(3).logarithmic().draw().getHeight());
    }
  }

  @Test
  void manyValuesAreDrawnSoon() {
    double[] values = new java.util.Random(1).doubles(300_000).toArray();
    long start = System.nanoTime();
    BufferedImage image = chart().add("a", values).smooth(11).draw();
    assertTrue((System.nanoTime() - start) / 1e9 < 60);
    assertTrue(inked(image, Palette.color(0)) > 1000);
  }

  @Test
  void longTextsAndManyCurvesStayInThePicture() {
    LineChart chart =
        new LineChart("Title ".repeat(60), "x ".repeat(300), "y ".repeat(300)).size(320, 240);
    for (int i = 0; i < 12; i++) {
      chart.add(
          "a name that is far too long for such a small picture " + i, new double[] {i, i + 1});
    }
    BufferedImage image = chart.draw();
    for (int row = 0; row < image.getHeight(); row++) {
      assertEquals(Color.WHITE.getRGB(), image.getRGB(0, row));
      assertEquals(Color.WHITE.getRGB(), image.getRGB(image.getWidth() - 1, row));
    }
  }

  @Test
  void wrongUseIsNamed() {
    assertEquals(
        "the curve \"a\" has no values; a chart needs at least one for each curve",
        assertThrows(IllegalArgumentException.class, () -> chart().add("a", new double[0]))
            .getMessage());
    assertEquals(
        "the chart \"Title\" has no curves",
        assertThrows(IllegalArgumentException.class, () -> chart().draw()).getMessage());
    assertThrows(IllegalArgumentException.class, () -> chart().size(10, 560));
    assertThrows(IllegalArgumentException.class, () -> chart().smooth(0));
  }

  @Test
  void theFileIsAPngOfTheSizeAndNothingElseStaysBehind() throws IOException {
    Path file = folder.resolve("losses.png");
    chart().add("a", new double[] {1, 2}).size(640, 360).write(file);
    chart().add("b", new double[] {1, 2}).size(700, 360).write(file);
    assertEquals(700, ImageIO.read(file.toFile()).getWidth());
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
    Path nowhere = folder.resolve("no/losses.png");
    IOException e =
        assertThrows(IOException.class, () -> chart().add("a", new double[] {1}).write(nowhere));
    assertEquals(
        "cannot write " + nowhere + ": " + folder.resolve("no") + " does not exist",
        e.getMessage());
    assertFalse(Files.exists(folder.resolve("no")));
  }
}
