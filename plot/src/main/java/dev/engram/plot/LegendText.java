package dev.engram.plot;

import java.awt.Font;
import java.awt.font.FontRenderContext;
import java.awt.font.TextLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The texts of a legend, cut where they would not fit.
 *
 * @param room pixels
 */
record LegendText(Font font, double room) {
  String shortened(String whole) {
    String name = whole;
    List<Integer> letters = new ArrayList<>(name.codePoints().boxed().toList());
    while (letters.size() > 1 && width(font, name) > room) {
      letters.removeLast();
      StringBuilder shorter = new StringBuilder();
      letters.forEach(shorter::appendCodePoint);
      name = shorter.append('…').toString();
    }
    return name;
  }

  /** Of a line of text, in pixels. */
  static double width(Font font, String text) {
    return text.isEmpty()
        ? 0
        : new TextLayout(text, font, new FontRenderContext(null, true, false)).getAdvance();
  }

  /** The same letters smaller, so that {@code text} is at most {@code room} wide. */
  static Font fitting(Font font, String text, double room) {
    double width = width(font, text);
    return width <= room ? font : font.deriveFont((float) (font.getSize2D() * room / width));
  }
}
