package dev.engram.plot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.plot.LineChart.Format;
import java.awt.Color;
import java.awt.geom.Line2D;
import java.awt.geom.Point2D;
import java.awt.image.BufferedImage;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The legend and other texts of a chart. */
class LegendTest {

  @BeforeAll
  static void withoutADisplay() {
    System.setProperty("java.awt.headless", "true");
  }

  private static LineChart chart() {
    return new LineChart("Title", "Training Step", "Loss");
  }

  @Test
  void longTextsAndManyCurvesStayInThePicture() {
    LineChart chart =
        new LineChart("Title ".repeat(60), "x ".repeat(300), "y ".repeat(300)).size(320, 240);
    for (int i = 0; i < 12; i++) {
      chart.add(
          "a name that is far too long for such a small picture " + i, new double[] {i, i + 1});
    }
    BufferedImage image = Drawing.pixels(chart);
    for (int row = 0; row < image.getHeight(); row++) {
      assertEquals(Color.WHITE.getRGB(), image.getRGB(0, row));
      assertEquals(Color.WHITE.getRGB(), image.getRGB(image.getWidth() - 1, row));
    }
  }

  /** With any text the SVG is well-formed; different texts yield different pictures. */
  @Test
  void everyTextIsDrawn() {
    double[] values = {1, 2};
    Set<String> pictures = new HashSet<>();
    List<String> texts =
        List.of(
            "",
            " ",
            "<&>\"'",
            "]]>",
            "Verlust λ → ∞",
            "損失",
            "العربية",
            "\uD83D\uDE00",
            "a\nb\tc",
            "\uD800");
    for (String text : texts) {
      LineChart chart = new LineChart(text, text, text).add(text, values).level(text, 1);
      assertEquals(2, Drawing.of(chart).curve(0).size(), text);
      pictures.add(new String(Drawing.bytes(chart, Format.SVG), StandardCharsets.UTF_8));
    }
    assertTrue(pictures.size() >= texts.size() - 2, "different: " + pictures.size());
    assertThrows(NullPointerException.class, () -> new LineChart(null, "", ""));
  }

  @Test
  void sameNamesAreTwoCurves() {
    Drawing drawing =
        Drawing.of(chart().add("a", new double[] {1, 2}).add("a", new double[] {2, 1}));
    assertEquals(2, drawing.curve(0).size());
    assertEquals(2, drawing.curve(1).size());
  }

  /** The legend is placed where no curve is. */
  @Test
  void theLegendCoversNoCurveWhereThereIsRoom() {
    for (int corner = 0; corner < 4; corner++) {
      boolean right = corner % 2 == 0;
      boolean low = corner / 2 == 0;
      // Rises to, or falls from, all corners but one.
      double[] values =
          IntStream.range(0, 100)
              .mapToDouble(i -> (low ? 1 : -1) * Math.pow((right ? 99 - i : i) / 99.0, 3))
              .toArray();
      Drawing drawing = Drawing.of(chart().add("a", values).size(600, 400));
      Line2D sample = drawing.lines(Palette.color(0)).getFirst();
      for (Point2D p : drawing.curve(0)) {
        assertTrue(sample.ptSegDist(p) > 15, "corner " + corner + ": " + p);
      }
    }
  }

  @Test
  void manyLinesOfTheLegendStayInThePlot() {
    for (int curves : List.of(3, 28, 100)) {
      LineChart chart = chart();
      for (int i = 0; i < curves; i++) {
        chart.add("curve " + i, new double[] {i, 2 * i, i});
      }
      Drawing drawing = Drawing.of(chart.level("chance", 1));
      List<Line2D> samples =
          drawing.lines(Palette.level(0)).stream().filter(l -> l.getX2() - l.getX1() < 50).toList();
      assertEquals(1, samples.size());
      double bottom =
          drawing.lines(Palette.GRID).stream().mapToDouble(Line2D::getY2).max().orElseThrow();
      assertTrue(samples.getFirst().getY1() < bottom, curves + ": " + samples.getFirst().getY1());
    }
  }

  /** A level that the axis cannot show does not change the colors of others. */
  @Test
  void levelsKeepTheirColors() {
    Drawing drawing =
        Drawing.of(
            chart()
                .logarithmic()
                .add("a", new double[] {1, 4, 2})
                .level("none", -1)
                .level("some", 2));
    assertEquals(1, drawing.lines(Palette.level(0)).size());
    assertEquals(2, drawing.lines(Palette.level(1)).size());
  }
}
