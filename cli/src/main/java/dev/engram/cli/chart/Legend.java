package dev.engram.cli.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.awt.geom.Line2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The names of the curves, in the corner where they cover the least.
 *
 * @param box where it stands
 * @param scale 1, or less where it would not fit into the plot
 * @param names the lines
 * @param curves how many of them are curves; the rest are levels
 * @param note a remark below them, or empty
 */
record Legend(Rectangle2D box, double scale, List<String> names, int curves, String note) {
  private static final StrokeFont NAME = StrokeFont.regular(14);
  private static final StrokeFont NOTE = StrokeFont.regular(12);
  private static final double ROW = 24;
  private static final double PADDING = 12;
  private static final double SAMPLE = 34;
  private static final double GAP = 10;
  private static final double MARGIN = 12;
  private static final double AIR = 8;
  private static final Color PAPER = new Color(255, 255, 255, 225);

  static Legend of(LineChart chart, List<Curve> curves, Rectangle2D plot) {
    double room = plot.getWidth() - 2 * MARGIN - 2 * PADDING - SAMPLE - GAP;
    List<String> names =
        Stream.concat(
                chart.series().stream().map(s -> shortened(named(s), room)),
                chart.levels().stream().map(l -> shortened(l.name(), room)))
            .toList();
    String note = chart.window() > 1 ? "bold: mean of " + chart.window() + " values" : "";
    double wide = names.stream().mapToDouble(NAME::width).max().orElse(0) + SAMPLE + GAP;
    double width = Math.ceil(Math.max(wide, NOTE.width(note)) + 2 * PADDING);
    double height = names.size() * ROW + (note.isEmpty() ? 0 : ROW - 2) + PADDING;
    double scale = Math.min(1, (plot.getHeight() - 2 * MARGIN) / height);
    List<Point2D> inked = curves.stream().flatMap(curve -> curve.samples(3).stream()).toList();
    Rectangle2D best =
        corners(plot, width * scale, height * scale)
            .min(Comparator.comparingLong(corner -> inside(grown(corner), inked)))
            .orElseThrow();
    return new Legend(best, scale, names, chart.series().size(), note);
  }

  private static Stream<Rectangle2D> corners(Rectangle2D plot, double width, double height) {
    double left = plot.getMinX() + MARGIN;
    double right = Math.floor(plot.getMaxX() - MARGIN - width) + 0.5;
    double top = plot.getMinY() + MARGIN;
    double bottom = Math.floor(plot.getMaxY() - MARGIN - height) + 0.5;
    return Stream.of(
            new Point2D.Double(right, top),
            new Point2D.Double(left, bottom),
            new Point2D.Double(left, top),
            new Point2D.Double(right, bottom))
        .map(corner -> new Rectangle2D.Double(corner.x, corner.y, width, height));
  }

  private static long inside(Rectangle2D box, List<Point2D> points) {
    return points.stream().filter(box::contains).count();
  }

  private static Rectangle2D grown(Rectangle2D box) {
    return new Rectangle2D.Double(
        box.getX() - AIR, box.getY() - AIR, box.getWidth() + 2 * AIR, box.getHeight() + 2 * AIR);
  }

  private static String named(Series series) {
    boolean shown = Arrays.stream(series.values()).anyMatch(Double::isFinite);
    return series.name() + (shown ? "" : " (no finite value)");
  }

  private static String shortened(String whole, double room) {
    String name = whole;
    List<Integer> letters = new ArrayList<>(name.codePoints().boxed().toList());
    while (NAME.width(name) > room && letters.size() > 1) {
      letters.removeLast();
      StringBuilder shorter = new StringBuilder();
      letters.forEach(shorter::appendCodePoint);
      name = shorter.append('…').toString();
    }
    return name;
  }

  void draw(Graphics2D g) {
    AffineTransform before = g.getTransform();
    g.translate(box.getX(), box.getY());
    g.scale(scale, scale);
    double width = box.getWidth() / scale;
    double height = box.getHeight() / scale;
    RoundRectangle2D frame = new RoundRectangle2D.Double(0, 0, width, height, 8, 8);
    g.setColor(PAPER);
    g.fill(frame);
    g.setColor(Palette.GRID);
    g.setStroke(new BasicStroke(1));
    g.draw(frame);
    for (int i = 0; i < names.size(); i++) {
      double y = PADDING / 2 + ROW * i + ROW / 2;
      boolean level = i >= curves;
      g.setColor(level ? Palette.level(i - curves) : Palette.color(i));
      g.setStroke(level ? Palette.levelPen(i - curves) : Palette.pen(i, 2.4f));
      g.draw(new Line2D.Double(PADDING, y, PADDING + SAMPLE, y));
      g.setColor(Palette.INK);
      NAME.draw(g, names.get(i), PADDING + SAMPLE + GAP, y + NAME.capHeight() / 2);
    }
    g.setColor(Palette.LABEL);
    NOTE.draw(g, note, PADDING, height - PADDING);
    g.setTransform(before);
  }
}
