package dev.engram.plot;

import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;

/**
 * The rectangle that curves are drawn in, and the scales of its sides.
 *
 * @param box in pixels, y downwards
 */
record PlotArea(Rectangle2D box, Scale x, Scale y) {
  Point2D point(double x, double y) {
    return new Point2D.Double(across(this.x.place(x)), up(this.y.place(y)));
  }

  /** Returns the pixel of a place on the x axis. */
  double across(double place) {
    return box.getX() + box.getWidth() * part(place, x);
  }

  /** Returns the pixel of a place on the y axis. */
  double up(double place) {
    return box.getMaxY() - box.getHeight() * part(place, y);
  }

  private static double part(double place, Scale scale) {
    return (place - scale.start()) / (scale.end() - scale.start());
  }
}
