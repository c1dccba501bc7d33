package dev.engram.cli.train.problem;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The ten digits as pen strokes, given by their center lines: from the baseline at 0 up to 20, 15
 * wide, y upwards.
 *
 * @param segments its straight pieces
 */
record DigitStrokes(List<Segment> segments) {
  /** Height of all digits. */
  static final double HEIGHT = 20;

  /** From the left edge to the middle of all digits. */
  static final double MIDDLE = 7.95;

  /** A straight piece of a stroke. */
  record Segment(double x0, double y0, double x1, double y1) {}

  /** One row per digit: {@code x,y} of the corners of its strokes, separated by a bar. */
  private static final List<String> ROWS =
      List.of(
          "12.5,10 12.5,14 11,17 9.5,19 7.5,20 5.5,19 4,17 2.5,14 2.5,10 2.5,6 4,3 5.5,1 7.5,0"
              + " 9.5,1 11,3 12.5,6 12.5,10",
          "4,16.5 8.5,20 8.5,0",
          "3,15 3.5,17 4.5,18.5 6,19.5 7.5,20 9.5,19.5 11,18.5 12,17 12,15 11.5,12 9,9 2.5,0"
              + " 12.5,0",
          "3,16.5 3.5,18 5,19 6,20 7.5,20 9.5,19.5 10.5,19 11.5,17.5 12,15.5 11.5,13.5 10.5,12 9,11"
              + " 5.5,11 | 7,11 9.5,10.5 11,9.5 12,8 12.5,5.5 12,3.5 11,1.5 9.5,0.5 7.5,0 5.5,0.5"
              + " 4,1 3,2 2.5,4",
          "10,0 10,20 2,5.5 13.5,5.5",
          "12,20 4,20 3.5,11 5,12.5 7.5,13 9.5,12.5 11,11 12,9 12.5,6.5 12,4 11,2 9.5,0.5 7,0"
              + " 5.5,0.5 4,1 3,2 2.5,4",
          "12,17 10.5,19.5 8,20 5.5,19.5 4,17.5 3,14 2.5,9.5 2.5,6.5 3,4 4,2 5.5,0.5 7.5,0 9.5,0.5"
              + " 11,2 12.5,4 12.5,6.5 12.5,9 11,11 9.5,12.5 7.5,13 5.5,12.5 4,11 3,9 2.5,6.5",
          "2.5,20 12.5,20 10,15.5 8.5,11 7,5.5 6,0",
          "12,15.5 11.5,17 10.5,18.5 9,19.5 7.5,20 6,19.5 4.5,18.5 3.5,17 3,15.5 3.5,13.5 4.5,12"
              + " 6,11 7.5,10.5 9,11 10.5,12 11.5,13.5 12,15.5 | 12.5,5.5 12,7.5 11,9 9.5,10"
              + " 7.5,10.5 5.5,10 4,9 3,7.5 2.5,5.5 3,3 4,1.5 5.5,0.5 7.5,0 9.5,0.5 11,1.5 12,3"
              + " 12.5,5.5",
          "3,3 4.5,1 7,0 9.5,0.5 11,2.5 12,6 12.5,10.5 12.5,13.5 12,16 11,18 9.5,19.5 7.5,20"
              + " 5.5,19.5 4,18 2.5,16 2.5,13.5 2.5,11 4,9 5.5,7.5 7.5,7 9.5,7.5 11,9 12,11"
              + " 12.5,13.5");

  private static final List<DigitStrokes> ALL = ROWS.stream().map(DigitStrokes::parse).toList();

  static DigitStrokes of(int digit) {
    return ALL.get(digit);
  }

  private static DigitStrokes parse(String row) {
    return new DigitStrokes(
        Arrays.stream(row.split(" \\| ")).flatMap(s -> pieces(s).stream()).toList());
  }

  private static List<Segment> pieces(String stroke) {
    List<double[]> corners =
        Arrays.stream(stroke.split(" "))
            .map(c -> Arrays.stream(c.split(",")).mapToDouble(Double::parseDouble).toArray())
            .toList();
    return IntStream.range(1, corners.size())
        .mapToObj(i -> piece(corners.get(i - 1), corners.get(i)))
        .toList();
  }

  private static Segment piece(double[] from, double[] to) {
    return new Segment(from[0], from[1], to[0], to[1]);
  }

  /** Returns the distance of a point to the center lines. */
  double distance(double x, double y) {
    double least = Double.POSITIVE_INFINITY;
    for (Segment s : segments) {
      double dx = s.x1 - s.x0;
      double dy = s.y1 - s.y0;
      double along = ((x - s.x0) * dx + (y - s.y0) * dy) / (dx * dx + dy * dy);
      double part = Math.clamp(along, 0, 1);
      double ex = s.x0 + part * dx - x;
      double ey = s.y0 + part * dy - y;
      least = Math.min(least, ex * ex + ey * ey);
    }
    return Math.sqrt(least);
  }
}
