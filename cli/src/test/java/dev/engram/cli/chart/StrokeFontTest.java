package dev.engram.cli.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StrokeFontTest {
  private static final String LETTERS =
      IntStream.rangeClosed('!', '~')
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
          + "–−×·≤≥±µ°…⁰¹²³⁴⁵⁶⁷⁸⁹⁻";

  @Test
  void everyLetterStaysInItsCellAndHasStrokes() {
    Glyphs.Glyph box = Glyphs.of(0x1F600);
    assertSame(box, Glyphs.of('漢'));
    for (int letter : LETTERS.codePoints().toArray()) {
      Glyphs.Glyph glyph = Glyphs.of(letter);
      assertNotSame(box, glyph, Character.toString(letter));
      Rectangle2D bounds = glyph.strokes().getBounds2D();
      assertTrue(
          bounds.getMinX() >= 0 && bounds.getMaxX() <= glyph.advance(), Character.toString(letter));
      assertTrue(
          bounds.getMinY() >= -Glyphs.DESCENT && bounds.getMaxY() <= 23.2,
          Character.toString(letter));
    }
  }

  @Test
  void lettersCanBeToldApartAtTheSizeOfTheNumbers() {
    Map<String, String> pictures = new HashMap<>();
    for (int letter : LETTERS.replace("–", "").replace("−", "").codePoints().toArray()) {
      String text = Character.toString(letter);
      assertNull(pictures.put(picture(text), text), text);
    }
    assertNull(pictures.put(picture(" "), " "));
  }

  @Test
  void widthsAddUpAndFittingTextFits() {
    StrokeFont font = StrokeFont.regular(14);
    assertEquals(0, font.width(""));
    assertEquals(font.width("ab"), font.width("a") + font.width("b"), 1e-9);
    assertEquals(50, font.fitting("a long title", 50).width("a long title"), 1e-9);
    assertSame(font, font.fitting("short", 500));
    assertNotEquals(font.width("To"), font.width("T") + font.width("o"));
  }

  private static String picture(String text) {
    BufferedImage image = new BufferedImage(20, 26, BufferedImage.TYPE_BYTE_GRAY);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setColor(Color.WHITE);
    StrokeFont.regular(13).draw(g, text, 3, 18.5);
    int[] pixels = image.getData().getPixels(0, 0, 20, 26, (int[]) null);
    StringBuilder ink = new StringBuilder();
    for (int pixel : pixels) {
      ink.append((char) ('a' + pixel / 16));
    }
    return ink.toString();
  }
}
