package dev.engram.cli.chart;

import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;

/**
 * The rectangle of the curves and the scales of its sides.
 *
 * @param firstX x of the first value of each series
 */
record PlotArea(Rectangle2D box, Scale x, Scale y, int firstX) {
  /** The place of the value at an index of a series. */
  Point2D point(int index, double value) {
    return new Point2D.Double(across((double) firstX + index), up(value));
  }

  double across(double x) {
    return box.getX() + box.getWidth() * this.x.position(x);
  }

  double up(double y) {
    return box.getMaxY() - box.getHeight() * this.y.position(y);
  }
}
