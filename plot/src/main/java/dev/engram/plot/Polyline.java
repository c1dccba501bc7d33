package dev.engram.plot;

import java.awt.geom.Path2D;
import java.awt.geom.Point2D;
import java.util.ArrayList;
import java.util.List;

/**
 * A series in pixels: runs of connected points. A run of one point has no line and is shown as a
 * dot.
 */
record Polyline(List<List<Point2D>> runs) {

  /** Maps a series to pixels; a value that is not finite ends a run. */
  static Polyline of(Series series, int firstX, PlotArea area) {
    List<List<Point2D>> runs = new ArrayList<>();
    List<Point2D> run = new ArrayList<>();
    for (int i = 0; i < series.values().length; i++) {
      double value = series.values()[i];
      if (Double.isFinite(value)) {
        run.add(area.point(series.x(i, firstX), value));
      } else if (!run.isEmpty()) {
        runs.add(thinned(run));
        run = new ArrayList<>();
      }
    }
    if (!run.isEmpty()) {
      runs.add(thinned(run));
    }
    return new Polyline(runs);
  }

  /**
   * Keeps the first, lowest, highest and last point of each half pixel, which leaves the picture
   * unchanged.
   */
  private static List<Point2D> thinned(List<Point2D> run) {
    double width = run.getLast().getX() - run.getFirst().getX();
    if (run.size() < 8 * Math.max(width, 100)) {
      return run;
    }
    List<Point2D> kept = new ArrayList<>();
    for (int from = 0, to; from < run.size(); from = to) {
      double end = run.get(from).getX() + 0.5;
      int low = from;
      int high = from;
      for (to = from; to < run.size() && run.get(to).getX() < end; to++) {
        low = run.get(to).getY() < run.get(low).getY() ? to : low;
        high = run.get(to).getY() > run.get(high).getY() ? to : high;
      }
      for (int i : new int[] {from, Math.min(low, high), Math.max(low, high), to - 1}) {
        kept.add(run.get(i));
      }
    }
    return kept;
  }

  /** Returns the lines through all runs of two or more points. */
  Path2D path() {
    Path2D path = new Path2D.Double();
    for (List<Point2D> run : runs.stream().filter(r -> r.size() > 1).toList()) {
      path.moveTo(run.getFirst().getX(), run.getFirst().getY());
      for (Point2D point : run.subList(1, run.size())) {
        path.lineTo(point.getX(), point.getY());
      }
    }
    return path;
  }

  /** Returns all points. */
  List<Point2D> points() {
    return runs.stream().flatMap(List::stream).toList();
  }

  /** Returns the points that are not connected to others. */
  List<Point2D> lonely() {
    return runs.stream().filter(run -> run.size() == 1).map(List::getFirst).toList();
  }

  /** Returns points along the lines, at most {@code gap} pixels apart, to find free space. */
  List<Point2D> samples(double gap) {
    List<Point2D> samples = new ArrayList<>(lonely());
    for (List<Point2D> run : runs) {
      for (int i = 1; i < run.size(); i++) {
        Point2D a = run.get(i - 1);
        Point2D b = run.get(i);
        int parts = (int) Math.ceil(a.distance(b) / gap) + 1;
        for (int k = 0; k < parts; k++) {
          double t = (double) k / parts;
          samples.add(
              new Point2D.Double(
                  a.getX() + t * (b.getX() - a.getX()), a.getY() + t * (b.getY() - a.getY())));
        }
      }
    }
    return samples;
  }
}
