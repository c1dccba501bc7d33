package dev.engram.cli.chart;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.awt.geom.Path2D;
import java.awt.geom.PathIterator;

/**
 * Text drawn with a round pen along {@link Glyphs}. It needs no font file, no fontconfig and no
 * native text library, none of which a bare server has.
 *
 * @param size em in pixels, as of any other font
 * @param weight width of the pen in em
 */
public record StrokeFont(double size, double weight) {
  private static final double CAP_EM = 0.70;
  private static final double TRACKING = 0.9;
  private static final double REGULAR = 0.088;
  private static final double BOLD = 0.125;

  public static StrokeFont regular(double size) {
    return new StrokeFont(size, REGULAR);
  }

  static StrokeFont bold(double size) {
    return new StrokeFont(size, BOLD);
  }

  /** The same letters smaller, so that {@code text} is at most {@code width} wide. */
  StrokeFont fitting(String text, double width) {
    double wide = width(text);
    return wide <= width ? this : new StrokeFont(size * width / wide, weight);
  }

  /** Height of capitals above the baseline, in pixels. */
  public double capHeight() {
    return Math.round(size * CAP_EM);
  }

  /** Width of one line of text, in pixels. */
  public double width(String text) {
    double width = 0;
    int previous = 0;
    for (int letter : text.codePoints().toArray()) {
      width += kern(previous, letter) + Glyphs.of(letter).advance() + TRACKING;
      previous = letter;
    }
    return width * scale();
  }

  /** Draws text from {@code x} on the baseline {@code y}, in the color that is set. */
  public void draw(Graphics2D g, String text, double x, double y) {
    Path2D line = new Path2D.Double();
    double at = 0;
    int previous = 0;
    for (int letter : text.codePoints().toArray()) {
      at += kern(previous, letter);
      Glyphs.Glyph glyph = Glyphs.of(letter);
      append(glyph.strokes(), x + at * scale(), y, line);
      at += glyph.advance() + TRACKING;
      previous = letter;
    }
    float pen = (float) (size * weight);
    g.setStroke(new BasicStroke(pen, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    g.draw(line);
  }

  /** Draws text that ends at {@code x}. */
  void drawBefore(Graphics2D g, String text, double x, double y) {
    draw(g, text, x - width(text), y);
  }

  /** Draws text centered on {@code x}. */
  void drawCentered(Graphics2D g, String text, double x, double y) {
    draw(g, text, x - width(text) / 2, y);
  }

  /** Draws text that runs upwards, centered on {@code y}, with its baseline at {@code x}. */
  void drawUpwards(Graphics2D g, String text, double x, double y) {
    AffineTransform before = g.getTransform();
    g.translate(x, y);
    g.rotate(-Math.PI / 2);
    drawCentered(g, text, 0, 0);
    g.setTransform(before);
  }

  private double scale() {
    return size * CAP_EM / Glyphs.CAP_HEIGHT;
  }

  private void append(Path2D glyph, double x, double baseline, Path2D into) {
    double[] p = new double[6];
    for (PathIterator i = glyph.getPathIterator(null); !i.isDone(); i.next()) {
      int kind = i.currentSegment(p);
      for (int k = 0; k < 6; k += 2) {
        p[k] = x + p[k] * scale();
        p[k + 1] = baseline - height(p[k + 1]);
      }
      switch (kind) {
        case PathIterator.SEG_MOVETO -> into.moveTo(p[0], p[1]);
        case PathIterator.SEG_LINETO -> into.lineTo(p[0], p[1]);
        case PathIterator.SEG_QUADTO -> into.quadTo(p[0], p[1], p[2], p[3]);
        case PathIterator.SEG_CUBICTO -> into.curveTo(p[0], p[1], p[2], p[3], p[4], p[5]);
        default -> into.closePath();
      }
    }
  }

  /**
   * Pixels above the baseline. The tops of small letters and of capitals fall on whole pixels, so
   * that the horizontal strokes are sharp; what lies between is stretched evenly.
   */
  private double height(double y) {
    double xHeight = Math.round(Glyphs.X_HEIGHT * scale());
    double capHeight = capHeight();
    if (y <= Glyphs.X_HEIGHT) {
      return y < 0 ? y * scale() : y * xHeight / Glyphs.X_HEIGHT;
    }
    double above = (y - Glyphs.X_HEIGHT) / (Glyphs.CAP_HEIGHT - Glyphs.X_HEIGHT);
    return xHeight + above * (capHeight - xHeight);
  }

  /** A capital with an overhang takes a small letter under it. */
  private static double kern(int previous, int letter) {
    if ("TVWYF".indexOf(previous) >= 0 && "acegmnopqrsuvwxyz.,".indexOf(letter) >= 0) {
      return previous == 'T' || previous == 'Y' ? -2.4 : -1.2;
    }
    boolean pair = previous == 'A' && "TVWY".indexOf(letter) >= 0;
    return pair || (letter == 'A' && "TVWYP".indexOf(previous) >= 0) ? -1.6 : 0;
  }
}
