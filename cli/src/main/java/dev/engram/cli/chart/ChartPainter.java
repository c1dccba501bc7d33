package dev.engram.cli.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/** Draws one chart: grid, frame, numbers, curves, legend. */
final class ChartPainter {
  private static final StrokeFont TITLE = StrokeFont.bold(19);
  private static final StrokeFont AXIS = StrokeFont.regular(15);
  private static final StrokeFont NUMBER = StrokeFont.regular(13);
  private static final int PIXELS_PER_X_TICK = 100;
  private static final int PIXELS_PER_Y_TICK = 50;
  private static final double EDGE = 20;
  private static final float BOLD_LINE = 2.2f;
  private static final float FAINT_LINE = 1.1f;

  private final LineChart chart;
  private final BufferedImage image;
  private final Graphics2D g;

  ChartPainter(LineChart chart) {
    this.chart = chart;
    image = new BufferedImage(chart.width(), chart.height(), BufferedImage.TYPE_INT_RGB);
    g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
  }

  BufferedImage paint() {
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, chart.width(), chart.height());
    Scale y = chart.yScale();
    int top = chart.title.isEmpty() ? 20 : 54;
    int bottom = chart.height() - (chart.xLabel.isEmpty() ? 40 : 66);
    List<Tick> yTicks = y.ticks(Math.max(2, (bottom - top) / PIXELS_PER_Y_TICK));
    double numbers =
        yTicks.stream().mapToDouble(tick -> NUMBER.width(tick.label())).max().orElse(0);
    int left = (int) Math.ceil(numbers) + (chart.yLabel.isEmpty() ? 28 : 58);
    Rectangle2D box =
        new Rectangle2D.Double(left + 0.5, top + 0.5, chart.width() - left - 26, bottom - top);
    PlotArea area = new PlotArea(box, chart.xScale(), y, chart.firstX());
    List<Tick> xTicks = area.x().ticks(Math.max(2, (int) box.getWidth() / PIXELS_PER_X_TICK));

    grid(area, xTicks, yTicks);
    numbers(area, xTicks, yTicks);
    titles(box);
    levels(area);
    List<Curve> curves = curves(area);
    Legend.of(chart, curves, box).draw(g);
    g.dispose();
    return image;
  }

  private void grid(PlotArea area, List<Tick> xTicks, List<Tick> yTicks) {
    Rectangle2D box = area.box();
    g.setStroke(new BasicStroke(1));
    for (Tick tick : yTicks) {
      g.setColor(tick.label().isEmpty() ? Palette.FINE_GRID : Palette.GRID);
      double y = sharp(area.up(tick.value()));
      g.draw(new Line2D.Double(box.getMinX(), y, box.getMaxX(), y));
    }
    g.setColor(Palette.GRID);
    for (Tick tick : xTicks) {
      double x = sharp(area.across(tick.value()));
      g.draw(new Line2D.Double(x, box.getMinY(), x, box.getMaxY()));
    }
    g.setColor(Palette.FRAME);
    g.draw(box);
  }

  private void numbers(PlotArea area, List<Tick> xTicks, List<Tick> yTicks) {
    Rectangle2D box = area.box();
    for (Tick tick : xTicks) {
      double x = sharp(area.across(tick.value()));
      mark(new Line2D.Double(x, box.getMaxY(), x, box.getMaxY() + 5));
      NUMBER.drawCentered(g, tick.label(), x, box.getMaxY() + 10 + NUMBER.capHeight());
    }
    for (Tick tick : yTicks) {
      if (!tick.label().isEmpty()) {
        double y = sharp(area.up(tick.value()));
        mark(new Line2D.Double(box.getMinX() - 5, y, box.getMinX(), y));
        double baseline = sharp(y + NUMBER.capHeight() / 2);
        NUMBER.drawBefore(g, tick.label(), box.getMinX() - 9, baseline);
      }
    }
  }

  private void levels(PlotArea area) {
    Rectangle2D box = area.box();
    for (int i = 0; i < chart.levels().size(); i++) {
      double value = chart.levels().get(i).value();
      if (area.y().shows(value)) {
        g.setColor(Palette.level(i));
        g.setStroke(Palette.levelPen(i));
        double y = sharp(area.up(value));
        g.draw(new Line2D.Double(box.getMinX(), y, box.getMaxX(), y));
      }
    }
  }

  private void mark(Shape line) {
    g.setColor(Palette.FRAME);
    g.setStroke(new BasicStroke(1));
    g.draw(line);
    g.setColor(Palette.LABEL);
  }

  private void titles(Rectangle2D box) {
    g.setColor(Palette.INK);
    across(TITLE, chart.title, box, 33.5);
    across(AXIS, chart.xLabel, box, chart.height() - 17.5);
    StrokeFont font = AXIS.fitting(chart.yLabel, chart.height() - 2 * EDGE);
    double half = font.width(chart.yLabel) / 2 + EDGE;
    double middle = Math.clamp(box.getCenterY(), half, Math.max(half, chart.height() - half));
    font.drawUpwards(g, chart.yLabel, 27.5, middle);
  }

  /** Draws a line of text over the middle of the plot, or as near to it as the picture allows. */
  private void across(StrokeFont font, String text, Rectangle2D box, double baseline) {
    StrokeFont fitting = font.fitting(text, chart.width() - 2 * EDGE);
    double half = fitting.width(text) / 2 + EDGE;
    double middle = Math.clamp(box.getCenterX(), half, Math.max(half, chart.width() - half));
    fitting.drawCentered(g, text, middle, baseline);
  }

  private List<Curve> curves(PlotArea area) {
    Shape everywhere = g.getClip();
    g.clip(area.box());
    boolean smooth = chart.window() > 1;
    List<Curve> curves = new ArrayList<>();
    for (int i = 0; smooth && i < chart.series().size(); i++) {
      Curve raw = Curve.of(chart.series().get(i), area);
      curves.add(raw);
      stroke(
          raw,
          Palette.faint(i),
          new BasicStroke(FAINT_LINE, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    }
    for (int i = 0; i < chart.series().size(); i++) {
      Series series = chart.series().get(i);
      Curve curve = Curve.of(chart.smoothed(series), area);
      curves.add(curve);
      stroke(curve, Palette.color(i), Palette.pen(i, BOLD_LINE));
    }
    g.setClip(everywhere);
    return curves;
  }

  private void stroke(Curve curve, Color color, BasicStroke pen) {
    g.setColor(color);
    g.setStroke(pen);
    g.draw(curve.path());
    double r = pen.getLineWidth() * 1.5;
    for (Point2D point : curve.lonely()) {
      g.fill(new Ellipse2D.Double(point.getX() - r, point.getY() - r, 2 * r, 2 * r));
    }
  }

  /** The middle of the nearest pixel. */
  private static double sharp(double coordinate) {
    return Math.floor(coordinate) + 0.5;
  }
}
