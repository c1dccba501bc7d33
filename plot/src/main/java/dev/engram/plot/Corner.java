package dev.engram.plot;

import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.knowm.xchart.style.Styler.LegendPosition;

/** The corners of the plot in which a legend can be placed. */
enum Corner {
  NORTH_EAST(LegendPosition.InsideNE, true, false),
  SOUTH_WEST(LegendPosition.InsideSW, false, true),
  NORTH_WEST(LegendPosition.InsideNW, false, false),
  SOUTH_EAST(LegendPosition.InsideSE, true, true);

  /** XChart's distance from the frame, and the same distance on the other sides. */
  private static final double MARGIN = 6;

  private static final double APART = 3;

  private final LegendPosition position;
  private final boolean right;
  private final boolean low;

  Corner(LegendPosition position, boolean right, boolean low) {
    this.position = position;
    this.right = right;
    this.low = low;
  }

  /** Returns the corner in which a legend of this size covers the least of the curves. */
  static Corner best(Rectangle2D legend, Rectangle2D plot, List<Polyline> curves) {
    List<Point2D> inked = curves.stream().flatMap(c -> c.samples(APART).stream()).toList();
    return Arrays.stream(values())
        .min(Comparator.comparingLong(c -> c.covered(legend, plot, inked)))
        .orElseThrow();
  }

  private long covered(Rectangle2D legend, Rectangle2D plot, List<Point2D> inked) {
    double width = legend.getWidth() + 2 * MARGIN;
    double height = legend.getHeight() + 2 * MARGIN;
    double x = right ? plot.getMaxX() - width : plot.getMinX();
    double y = low ? plot.getMaxY() - height : plot.getMinY();
    return inked.stream().filter(new Rectangle2D.Double(x, y, width, height)::contains).count();
  }

  LegendPosition position() {
    return position;
  }
}
