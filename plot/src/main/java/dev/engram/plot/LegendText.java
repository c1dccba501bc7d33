package dev.engram.plot;

import java.awt.Font;
import java.awt.font.FontRenderContext;
import java.awt.font.TextLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The texts of a legend, shortened where they would not fit.
 *
 * @param room width in pixels
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

  /** Returns the width of a line of text, in pixels. */
  static double width(Font font, String text) {
    return text.isEmpty()
        ? 0
        : new TextLayout(text, font, new FontRenderContext(null, true, false)).getAdvance();
  }

  /** Returns the font, made smaller if {@code text} would be wider than {@code room}. */
  static Font fitting(Font font, String text, double room) {
    double width = width(font, text);
    return width <= room ? font : font.deriveFont((float) (font.getSize2D() * room / width));
  }
}
