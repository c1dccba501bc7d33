package dev.engram.cli.chart;

import java.awt.geom.AffineTransform;
import java.awt.geom.Arc2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.util.HashMap;
import java.util.Map;
import java.util.Scanner;

/**
 * The letters of {@link StrokeFont}, as center lines of a pen: the baseline at 0, lower case up to
 * 14, capitals up to 20, descenders down to -6, y upwards.
 */
final class Glyphs {
  static final double X_HEIGHT = 14;
  static final double CAP_HEIGHT = 20;
  static final double DESCENT = 6;

  private static final double DOT = 0.45;
  private static final double SMALL = 0.66;

  /** A letter: its advance and the center lines of its strokes. */
  record Glyph(double advance, Path2D strokes) {}

  private static final Map<Integer, Glyph> ALL = parse();

  private Glyphs() {}

  /** The glyph of a code point, or an empty box where there is none. */
  static Glyph of(int codePoint) {
    return ALL.getOrDefault(codePoint, ALL.get((int) '\uFFFD'));
  }

  /**
   * One row per letter: the letter, its advance, its strokes. {@code M} moves, {@code L} draws a
   * line, {@code C} a cubic curve, {@code A} an arc (center, radii, start and sweep in degrees,
   * joined to a line before it), {@code O} an ellipse (center, radii), {@code D} a dot, {@code Z}
   * closes.
   */
  private static final String ROWS =
      """
      ! 8 M 4 20 L 4 6.2 D 4 0
      " 10 M 3 20 L 3 14.5 M 7 20 L 7 14.5
      # 18 M 7.2 19.5 L 4.7 0.5 M 13.5 19.5 L 11 0.5 M 3 13.5 L 16 13.5 M 2 6.5 L 15 6.5
      $ 15 M 12.4 14.6 C 11.8 16.8 10 17.8 7.6 17.8 C 4.8 17.8 2.8 16.4 2.8 14 C 2.8 11.4 5.2 10.6 7.6 10 \
      C 10.4 9.3 12.8 8.5 12.8 5.8 C 12.8 3.2 10.4 1.8 7.5 1.8 C 4.7 1.8 2.7 3 2.1 5.4 M 7.6 21 L 7.6 -1.4
      % 24 O 6 15.2 3.9 4.6 O 18 4.8 3.9 4.6 M 17.5 20 L 6.5 0
      & 19 M 17 0 L 6.2 13 C 4.6 15 4.4 16 4.4 16.6 C 4.4 18.8 6 20 7.9 20 C 9.9 20 11.3 18.7 11.3 16.8 \
      C 11.3 14.4 9.2 13.2 6.6 11.6 C 4 10 2.4 8.2 2.4 5.4 C 2.4 2.2 4.8 0 8 0 C 12 0 15.2 3.4 15.8 8.8
      ' 6 M 3 20 L 3 14.5
      ( 9 M 6.8 22 C 3.8 18.4 2.7 14 2.7 8.5 C 2.7 3 3.8 -1.4 6.8 -5
      ) 9 M 2.2 22 C 5.2 18.4 6.3 14 6.3 8.5 C 6.3 3 5.2 -1.4 2.2 -5
      * 12 M 6 20 L 6 11.5 M 2.3 18 L 9.7 13.5 M 9.7 18 L 2.3 13.5
      + 17 M 8.5 14 L 8.5 2 M 2.5 8 L 14.5 8
      , 7.5 M 4 0.8 L 2.6 -3.4
      - 10 M 2.2 7.2 L 7.8 7.2
      . 7.5 D 3.75 0.2
      / 10 M 1 -2.5 L 9 21
      0 15 O 7.5 10 5.2 10
      1 15 M 3.8 16.6 L 8.4 20 L 8.4 0
      2 15 M 2.9 15.2 C 2.9 18.2 5 20 7.6 20 C 10.3 20 12.2 18.1 12.2 15.2 C 12.2 12.9 11 11.2 9.2 9 \
      L 2.6 0 L 12.7 0
      3 15 M 3 16.4 C 3.8 18.7 5.4 20 7.5 20 C 10.1 20 11.9 18.2 11.9 15.5 C 11.9 12.6 9.9 10.8 7 10.8 \
      L 5.6 10.8 M 7 10.8 C 10.4 10.8 12.5 8.8 12.5 5.6 C 12.5 2.2 10.2 0 7.3 0 C 4.8 0 3 1.4 2.4 4
      4 15 M 10 0 L 10 20 L 1.8 5.6 L 13.4 5.6
      5 15 M 11.8 20 L 4.2 20 L 3.3 11 C 4.4 12.3 5.9 12.9 7.5 12.9 C 10.6 12.9 12.6 10.4 12.6 6.6 \
      C 12.6 2.7 10.4 0 7.2 0 C 4.8 0 3 1.4 2.4 3.9
      6 15 M 11.9 17 C 11.2 19 9.7 20 7.9 20 C 4.4 20 2.5 16.4 2.5 9.4 L 2.5 6.4 A 7.6 6.4 5.1 6.4 180 360
      7 15 M 2.4 20 L 12.6 20 C 9 14.5 6.8 8 6.2 0
      8 15 O 7.5 15.3 4.4 4.7 O 7.5 5.3 5.1 5.3
      9 15 M 3.1 3 C 3.8 1 5.3 0 7.1 0 C 10.6 0 12.5 3.6 12.5 10.6 L 12.5 13.6 A 7.4 13.6 5.1 6.4 0 360
      : 7.5 D 3.75 0.2 D 3.75 12.5
      ; 7.5 M 4 0.8 L 2.6 -3.4 D 3.9 12.5
      < 17 M 14.5 14 L 2.5 8 L 14.5 2
      = 17 M 2.5 11 L 14.5 11 M 2.5 5 L 14.5 5
      > 17 M 2.5 14 L 14.5 8 L 2.5 2
      ? 14 M 2.6 15.4 C 2.9 18.3 4.7 20 7.1 20 C 9.7 20 11.5 18.3 11.5 15.7 C 11.5 13.6 10.3 12.3 8.9 11.1 \
      C 7.5 9.9 7 8.8 7 6.2 D 7 0
      @ 26 O 12.4 8 4.3 5.2 M 16.7 13 L 16.7 6 C 16.7 3.8 17.8 2.8 19.4 2.8 C 22 2.8 23.6 5.6 23.6 9 \
      C 23.6 15.6 19 20 13 20 C 6.6 20 2.2 15 2.2 8 C 2.2 0.4 7 -4.6 13.4 -4.6 C 16 -4.6 18.2 -4 20 -3
      A 18 M 1.4 0 L 9 20 L 16.6 0 M 4 6.6 L 14 6.6
      B 17.5 M 2.8 0 L 2.8 20 L 9.2 20 A 9.2 15.4 4.6 4.6 90 -180 L 2.8 10.8 M 9.2 10.8 L 9.9 10.8 \
      A 9.9 5.4 5.4 5.4 90 -180 L 2.8 0
      C 19 A 10.4 10 8 10 43 274
      D 19.5 M 2.8 0 L 2.8 20 L 8.2 20 C 13.8 20 17 16.2 17 10 C 17 3.8 13.8 0 8.2 0 Z
      E 16 M 14 20 L 2.8 20 L 2.8 0 L 14.2 0 M 2.8 10.6 L 12.6 10.6
      F 15 M 13.4 20 L 2.8 20 L 2.8 0 M 2.8 10.4 L 12 10.4
      G 20.5 A 10.4 10 8 10 43 227 C 13.4 0 15.9 1.2 17.6 3 L 17.6 9.4 L 11.4 9.4
      H 19 M 2.8 0 L 2.8 20 M 16.2 0 L 16.2 20 M 2.8 10.6 L 16.2 10.6
      I 7.6 M 3.8 0 L 3.8 20
      J 14 M 11.2 20 L 11.2 5.4 C 11.2 1.8 9.5 0 6.6 0 C 3.7 0 2.1 1.8 2 5
      K 17.5 M 2.8 0 L 2.8 20 M 15 20 L 2.8 7.4 M 6.9 11.6 L 15.8 0
      L 14.5 M 2.8 20 L 2.8 0 L 13 0
      M 22 M 2.8 0 L 2.8 20 L 11 3 L 19.2 20 L 19.2 0
      N 19.5 M 2.8 0 L 2.8 20 L 16.7 0 L 16.7 20
      O 20.5 O 10.25 10 8.1 10
      P 16.5 M 2.8 0 L 2.8 20 L 9 20 A 9 14.6 5.4 5.4 90 -180 L 2.8 9.2
      Q 20.5 O 10.25 10 8.1 10 M 11.6 4.6 L 17.4 -1.4
      R 17.5 M 2.8 0 L 2.8 20 L 9.4 20 A 9.4 14.8 5.2 5.2 90 -180 L 2.8 9.6 M 9.6 9.6 L 15.6 0
      S 17 M 14.2 16.2 C 13.4 18.6 11.2 20 8.6 20 C 5.2 20 2.8 18.2 2.8 15.2 C 2.8 12 5.6 11.1 8.6 10.4 \
      C 11.8 9.7 14.6 8.6 14.6 5.2 C 14.6 2 11.9 0 8.5 0 C 5.4 0 2.9 1.6 2.2 4.4
      T 16 M 8 0 L 8 20 M 1.2 20 L 14.8 20
      U 19 M 2.7 20 L 2.7 7.2 C 2.7 2.6 5.3 0 9.5 0 C 13.7 0 16.3 2.6 16.3 7.2 L 16.3 20
      V 17.4 M 1.4 20 L 8.7 0 L 16 20
      W 25 M 1.5 20 L 6.8 0 L 12.5 20 L 18.2 0 L 23.5 20
      X 17 M 2 20 L 15 0 M 15 20 L 2 0
      Y 16.6 M 1.4 20 L 8.3 9.6 L 15.2 20 M 8.3 9.6 L 8.3 0
      Z 16.4 M 2.2 20 L 14.2 20 L 2 0 L 14.6 0
      [ 9 M 7 22 L 3 22 L 3 -5 L 7 -5
      \\ 10 M 1 21 L 9 -2.5
      ] 9 M 2 22 L 6 22 L 6 -5 L 2 -5
      ^ 15 M 2.8 12 L 7.5 19.6 L 12.2 12
      _ 14 M 0.5 -4 L 13.5 -4
      ` 9 M 3 20.5 L 6 17
      a 14.4 M 2.7 11 C 3.2 13 4.8 14 7 14 C 9.9 14 11.6 12.5 11.6 9.4 L 11.6 0 \
      M 11.6 8.4 L 7.2 8 C 4.1 7.7 2.2 6.4 2.2 3.9 C 2.2 1.5 3.9 0 6.4 0 C 9.4 0 11.6 2.2 11.6 5.4
      b 15.4 M 2.6 21 L 2.6 0 O 7.9 7 5.3 7
      c 13.4 A 7.6 7 5.4 7 45 270
      d 15.4 M 12.8 21 L 12.8 0 O 7.5 7 5.3 7
      e 14.8 M 2.3 7.4 L 12.5 7.4 C 12.5 11.4 10.6 14 7.5 14 C 4.3 14 2.2 11.2 2.2 7 C 2.2 2.8 4.4 0 7.7 0 \
      C 10 0 11.6 1.2 12.3 3.2
      f 8.6 M 8.6 20.9 C 8.2 21 7.8 21 7.2 21 C 5.2 21 4.2 19.8 4.2 17.6 L 4.2 0 M 1.2 14 L 8 14
      g 15.4 O 7.5 7 5.3 7 M 12.8 14 L 12.8 -0.6 C 12.8 -4.2 10.8 -6 7.4 -6 C 4.9 -6 3.1 -5 2.6 -2.8
      h 15 M 2.6 0 L 2.6 21 M 2.6 8.4 C 2.6 12 4.6 14 7.4 14 C 10.4 14 12.2 12.2 12.2 8.8 L 12.2 0
      i 6.6 M 3.3 0 L 3.3 14 D 3.3 19
      j 6.6 M 3.3 14 L 3.3 -2.4 C 3.3 -5 2.4 -6 0.4 -6 D 3.3 19
      k 13.6 M 2.6 0 L 2.6 21 M 11.6 14 L 2.6 5 M 6 8.4 L 12.2 0
      l 7.2 M 3.3 21 L 3.3 3.4 C 3.3 1 4.3 0 6.2 0
      m 22 M 2.6 0 L 2.6 14 M 2.6 8.8 C 2.6 12 4.2 14 6.8 14 C 9.6 14 11 12.2 11 9 L 11 0 \
      M 11 8.8 C 11 12 12.6 14 15.2 14 C 18 14 19.4 12.2 19.4 9 L 19.4 0
      n 15 M 2.6 0 L 2.6 14 M 2.6 8.4 C 2.6 12 4.6 14 7.4 14 C 10.4 14 12.2 12.2 12.2 8.8 L 12.2 0
      o 15 O 7.5 7 5.3 7
      p 15.4 M 2.6 14 L 2.6 -6 O 7.9 7 5.3 7
      q 15.4 M 12.8 14 L 12.8 -6 O 7.5 7 5.3 7
      r 9.6 M 2.6 0 L 2.6 14 M 2.6 8 C 2.8 12 4.8 14 7.6 14 C 8.1 14 8.5 13.9 9 13.8
      s 13 M 10.6 11 C 10 13 8.5 14 6.4 14 C 4 14 2.4 12.7 2.4 10.6 C 2.4 8.4 4.2 7.8 6.6 7.2 \
      C 9 6.6 10.9 6 10.9 3.7 C 10.9 1.4 9 0 6.4 0 C 4 0 2.3 1.1 1.8 3.2
      t 9.2 M 4.2 18 L 4.2 4 C 4.2 1.4 5.2 0 7.2 0 C 7.8 0 8.2 0.1 8.6 0.2 M 1.2 14 L 8.2 14
      u 15 M 2.7 14 L 2.7 5.2 C 2.7 1.8 4.5 0 7.5 0 C 10.3 0 12.3 2 12.3 5.6 M 12.3 14 L 12.3 0
      v 13.4 M 1.4 14 L 6.7 0 L 12 14
      w 19.6 M 1.5 14 L 5.4 0 L 9.8 14 L 14.2 0 L 18.1 14
      x 13.2 M 1.8 14 L 11.4 0 M 11.4 14 L 1.8 0
      y 13.4 M 12 14 L 5.8 -3 C 5 -5.2 4 -6 2.4 -6 C 2 -6 1.6 -6 1.2 -5.9 M 1.4 14 L 6.8 -0.2
      z 13 M 2 14 L 11 14 L 1.8 0 L 11.4 0
      { 10 M 8 22 C 5.6 22 4.8 21 4.8 18.6 L 4.8 12 C 4.8 9.6 4 8.6 2 8.5 C 4 8.4 4.8 7.4 4.8 5 \
      L 4.8 -1.6 C 4.8 -4 5.6 -5 8 -5
      | 8 M 4 22 L 4 -5
      } 10 M 2 22 C 4.4 22 5.2 21 5.2 18.6 L 5.2 12 C 5.2 9.6 6 8.6 8 8.5 C 6 8.4 5.2 7.4 5.2 5 \
      L 5.2 -1.6 C 5.2 -4 4.4 -5 2 -5
      ~ 17 M 2.5 6.6 C 3.4 9 4.8 9.8 6.2 9.8 C 9 9.8 9 6.2 11.4 6.2 C 12.8 6.2 13.8 7.4 14.5 9.6
      – 15 M 1.5 7.2 L 13.5 7.2
      — 26 M 1.5 7.2 L 24.5 7.2
      − 17 M 2.5 8 L 14.5 8
      × 17 M 4 12.5 L 13 3.5 M 13 12.5 L 4 3.5
      · 7.5 D 3.75 8
      … 22 D 3.75 0.2 D 11 0.2 D 18.25 0.2
      ≤ 17 M 14.5 16 L 2.5 10.4 L 14.5 4.8 M 2.5 0.6 L 14.5 0.6
      ≥ 17 M 2.5 16 L 14.5 10.4 L 2.5 4.8 M 2.5 0.6 L 14.5 0.6
      ± 17 M 8.5 16 L 8.5 5 M 2.5 10.5 L 14.5 10.5 M 2.5 0.6 L 14.5 0.6
      µ 15 M 2.7 14 L 2.7 -6 M 2.7 5.2 C 2.7 1.8 4.5 0 7.5 0 C 10.3 0 12.3 2 12.3 5.6 M 12.3 14 L 12.3 0
      ° 10 O 5 16.6 3.2 3.2
      \uFFFD 15 M 2.5 0 L 2.5 20 L 12.5 20 L 12.5 0 Z
      """;

  private static Map<Integer, Glyph> parse() {
    Map<Integer, Glyph> glyphs = new HashMap<>();
    glyphs.put((int) ' ', new Glyph(7.5, new Path2D.Double()));
    for (String row : ROWS.split("\n")) {
      Scanner words = new Scanner(row);
      int letter = words.next().codePointAt(0);
      double advance = Double.parseDouble(words.next());
      glyphs.put(letter, new Glyph(advance, strokes(words)));
    }
    String digits = "0123456789−";
    String raised = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻";
    for (int i = 0; i < digits.length(); i++) {
      glyphs.put((int) raised.charAt(i), raised(glyphs.get((int) digits.charAt(i))));
    }
    return Map.copyOf(glyphs);
  }

  private static Path2D strokes(Scanner words) {
    Path2D path = new Path2D.Double();
    while (words.hasNext()) {
      switch (words.next()) {
        case "M" -> path.moveTo(next(words), next(words));
        case "L" -> path.lineTo(next(words), next(words));
        case "C" ->
            path.curveTo(
                next(words), next(words), next(words), next(words), next(words), next(words));
        case "A" ->
            path.append(
                arc(next(words), next(words), next(words), next(words), next(words), next(words)),
                path.getCurrentPoint() != null);
        case "O" -> ellipse(path, next(words), next(words), next(words), next(words));
        case "D" -> dot(path, next(words), next(words));
        case "Z" -> path.closePath();
        default -> throw new IllegalStateException("not a stroke: " + path);
      }
    }
    return path;
  }

  private static void ellipse(Path2D path, double x, double y, double rx, double ry) {
    path.append(new Ellipse2D.Double(x - rx, y - ry, 2 * rx, 2 * ry), false);
  }

  /** A small cross, which a round pen turns into a disc a little wider than itself. */
  private static void dot(Path2D path, double x, double y) {
    path.moveTo(x - DOT, y);
    path.lineTo(x + DOT, y);
    path.moveTo(x, y - DOT);
    path.lineTo(x, y + DOT);
  }

  private static double next(Scanner words) {
    return Double.parseDouble(words.next());
  }

  private static Arc2D arc(double x, double y, double rx, double ry, double start, double sweep) {
    // Arc2D turns against the clock where y points down, hence with it here.
    return new Arc2D.Double(x - rx, y - ry, 2 * rx, 2 * ry, -start, -sweep, Arc2D.OPEN);
  }

  private static Glyph raised(Glyph glyph) {
    var small = AffineTransform.getScaleInstance(SMALL, SMALL);
    small.preConcatenate(AffineTransform.getTranslateInstance(0, 9.5));
    Path2D strokes = new Path2D.Double(glyph.strokes, small);
    return new Glyph(glyph.advance * SMALL, strokes);
  }
}
