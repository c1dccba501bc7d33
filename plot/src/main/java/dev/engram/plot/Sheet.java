package dev.engram.plot;

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
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * A chart laid out by XChart: texts, numbers, frame, legend. The curves are drawn here, each as one
 * path: XChart would draw every segment separately, so that dashes would restart at each value and
 * faint curves would be darker at each joint.
 */
final class Sheet extends XYChart {
  private static final float BOLD_LINE = 2.2f;
  private static final float FAINT_LINE = 1.1f;
  private static final BasicStroke THIN = new BasicStroke(1);

  /** So many measured points are marked. */
  private static final int MOST_DOTS = 30;

  private final LineChart chart;
  private final Scale x;
  private final Scale y;

  private Sheet(LineChart chart, Scale x, Scale y) {
    super(chart.width(), chart.height());
    this.chart = chart;
    this.x = x;
    this.y = y;
  }

  static Sheet of(LineChart chart) {
    Look look = Look.of(chart);
    Sheet sheet = new Sheet(chart, look.x(), look.y());
    look.dress(sheet);
    LegendText text = look.legend();
    List<Series> shown = chart.shown();
    for (int i = 0; i < shown.size(); i++) {
      String name = shown.get(i).name() + (shown.get(i).isEmpty() ? chart.nothing() : "");
      sheet.entry(text.shortened(name), Palette.color(i), Palette.pen(i, BOLD_LINE));
    }
    for (int i = 0; i < chart.levels().size(); i++) {
      String name = text.shortened(chart.levels().get(i).name());
      sheet.entry(name, Palette.level(i), Palette.levelPen(i));
    }
    if (chart.window() > 1) {
      // Skip lines in the background color.
      sheet.entry("bold: mean of " + chart.window() + " values", Look.CLEAR, THIN);
    }
    return sheet;
  }

  /** Adds a line to the legend, as a series of three points that is not drawn. */
  private void entry(String name, Color color, BasicStroke pen) {
    // XChart labels the values themselves if they are evenly spaced.
    double[] across = {x.start(), x.start() + 0.3 * (x.end() - x.start()), x.end()};
    double[] up = {y.start(), y.start() + 0.3 * (y.end() - y.start()), y.end()};
    XYSeries entry = addSeries("line " + getSeriesMap().size(), across, up);
    entry.setLabel(name.isEmpty() ? " " : name);
    entry.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Line);
    entry.setMarker(SeriesMarkers.NONE);
    entry.setLineColor(color);
    entry.setLineStyle(pen);
  }

  BufferedImage image() {
    BufferedImage image =
        new BufferedImage(chart.width(), chart.height(), BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    paint(g, chart.width(), chart.height());
    g.dispose();
    return image;
  }

  void png(OutputStream out) throws IOException {
    MemoryCacheImageOutputStream memory = new MemoryCacheImageOutputStream(out);
    if (!ImageIO.write(image(), "png", memory)) {
      throw new IOException("this Java cannot encode PNG");
    }
    memory.close();
  }

  void svg(OutputStream out) throws IOException {
    VectorGraphicsEncoder.saveVectorGraphic(this, out, VectorGraphicsFormat.SVG);
  }

  @Override
  public void paint(Graphics2D g, int width, int height) {
    paintBackground(g);
    axisPair.paint(g);
    getSeriesMap().values().forEach(entry -> entry.setEnabled(false));
    plot.paint(g);
    getSeriesMap().values().forEach(entry -> entry.setEnabled(true));
    PlotArea area = new PlotArea(plot.getBounds(), x, y);
    g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    grid(g, area);
    List<Polyline> curves = curves(g, area);
    chartTitle.paint(g);
    Rectangle2D size = legend.getBounds();
    getStyler().setLegendPosition(Corner.best(size, area.box(), curves).position());
    legend.paint(g);
  }

  private void grid(Graphics2D g, PlotArea area) {
    Rectangle2D box = area.box();
    g.setStroke(THIN);
    for (long k = (long) Math.floor(y.start()); k < y.end(); k++) {
      g.setColor(Palette.FINE_GRID);
      for (double part : y.between()) {
        level(g, box, area.up(k + part));
      }
      g.setColor(Palette.GRID);
      level(g, box, area.up(k));
    }
    for (long k = (long) Math.floor(x.start()); k <= x.end(); k++) {
      g.setColor(Palette.FINE_GRID);
      for (double part : x.between()) {
        upright(g, box, area.across(k + part));
      }
      g.setColor(Palette.GRID);
      upright(g, box, area.across(k));
    }
    for (int i = 0; i < chart.levels().size(); i++) {
      double value = chart.levels().get(i).value();
      if (chart.shows(value)) {
        g.setColor(Palette.level(i));
        g.setStroke(Palette.levelPen(i));
        level(g, box, area.up(y.place(value)));
      }
    }
    g.setStroke(THIN);
    g.setColor(Palette.FRAME);
    double left = sharp(box.getMinX());
    double top = sharp(box.getMinY());
    g.draw(
        new Rectangle2D.Double(left, top, sharp(box.getMaxX()) - left, sharp(box.getMaxY()) - top));
  }

  /** Draws a horizontal line, if it is inside the plot. */
  private static void level(Graphics2D g, Rectangle2D box, double at) {
    if (at > box.getMinY() && at < box.getMaxY()) {
      g.draw(new Line2D.Double(box.getMinX(), sharp(at), box.getMaxX(), sharp(at)));
    }
  }

  /** Draws a vertical line, if it is inside the plot. */
  private static void upright(Graphics2D g, Rectangle2D box, double at) {
    if (at >= box.getMinX() && at <= box.getMaxX()) {
      g.draw(new Line2D.Double(sharp(at), box.getMinY(), sharp(at), box.getMaxY()));
    }
  }

  private List<Polyline> curves(Graphics2D g, PlotArea area) {
    Shape everywhere = g.getClip();
    g.clip(area.box());
    List<Series> shown = chart.shown();
    List<Polyline> curves = new ArrayList<>();
    for (int i = 0; chart.window() > 1 && i < shown.size(); i++) {
      Polyline raw = Polyline.of(shown.get(i), chart.firstX(), area);
      curves.add(raw);
      BasicStroke pen = new BasicStroke(FAINT_LINE, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
      stroke(g, raw, Palette.faint(i), pen);
    }
    for (int i = 0; i < shown.size(); i++) {
      Polyline curve = Polyline.of(chart.smoothed(shown.get(i)), chart.firstX(), area);
      curves.add(curve);
      stroke(g, curve, Palette.color(i), Palette.pen(i, BOLD_LINE));
      if (shown.get(i).hasPlaces() && curve.points().size() <= MOST_DOTS) {
        dots(g, curve.points(), BOLD_LINE);
      }
    }
    g.setClip(everywhere);
    return curves;
  }

  private static void stroke(Graphics2D g, Polyline curve, Color color, BasicStroke pen) {
    g.setColor(color);
    g.setStroke(pen);
    g.draw(curve.path());
    dots(g, curve.lonely(), pen.getLineWidth());
  }

  private static void dots(Graphics2D g, List<Point2D> points, double line) {
    double r = line * 1.5;
    for (Point2D point : points) {
      g.fill(new Ellipse2D.Double(point.getX() - r, point.getY() - r, 2 * r, 2 * r));
    }
  }

  /** Returns the center of the nearest pixel. */
  private static double sharp(double coordinate) {
    return Math.floor(coordinate) + 0.5;
  }
}
