package dev.engram.plot;

import java.awt.BasicStroke;
import java.awt.Color;

/**
 * Colors and dashes of the curves. The colors are those of Okabe and Ito, which are distinguishable
 * with any form of color blindness, without their yellow, which is hard to see on white; the dashes
 * distinguish curves in black and white.
 */
final class Palette {
  static final Color INK = new Color(0x22262B);
  static final Color LABEL = new Color(0x3C434B);
  static final Color FRAME = new Color(0x9AA1A9);
  static final Color GRID = new Color(0xE3E6EA);
  static final Color FINE_GRID = new Color(0xF1F3F5);

  private static final Color[] COLORS = {
    new Color(0x0072B2),
    new Color(0xD55E00),
    new Color(0x009E73),
    new Color(0xCC79A7),
    new Color(0xE69F00),
    new Color(0x56B4E9),
    new Color(0x000000)
  };
  private static final float[][] DASHES = {{}, {9, 4}, {2, 4}, {11, 4, 2, 4}};

  private static final Color[] LEVELS = {new Color(0x6B737C), new Color(0xA3712F)};

  private Palette() {}

  static Color level(int i) {
    return LEVELS[i % LEVELS.length];
  }

  static BasicStroke levelPen(int i) {
    float[] dash = i % 2 == 0 ? new float[] {6, 5} : new float[] {2, 4};
    return new BasicStroke(1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, dash, 0);
  }

  static Color color(int series) {
    return COLORS[series % COLORS.length];
  }

  /** Returns the color of the raw values behind a smoothed curve. */
  static Color faint(int series) {
    Color c = color(series);
    return new Color(c.getRed(), c.getGreen(), c.getBlue(), 70);
  }

  /** Returns the pen of a curve. */
  static BasicStroke pen(int series, float width) {
    float[] dash = DASHES[series % DASHES.length];
    return dash.length == 0
        ? new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND)
        : new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, dash, 0);
  }
}
