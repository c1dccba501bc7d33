package dev.engram.cli;

import dev.engram.cli.chart.StrokeFont;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.SplittableRandom;

/** Small pictures of the ten digits: shifted, turned, slanted, scaled and thick by chance. */
final class DigitImages {
  /** Pixels along each side. */
  static final int SIDE = 12;

  private final SplittableRandom random;

  DigitImages(SplittableRandom random) {
    this.random = random;
  }

  /** Brightness 0 to 1 of the pixels, row by row. */
  double[] draw(int digit) {
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    g.setColor(Color.WHITE);
    g.translate(SIDE / 2.0 + between(-1, 1), SIDE / 2.0 + between(-1, 1));
    g.rotate(between(-0.2, 0.2));
    g.shear(between(-0.15, 0.15), 0);
    g.scale(between(0.85, 1.1), between(0.85, 1.1));
    StrokeFont font = new StrokeFont(13, between(0.09, 0.14));
    String text = Integer.toString(digit);
    font.draw(g, text, -font.width(text) / 2, font.capHeight() / 2);
    g.dispose();
    double[] pixels = new double[SIDE * SIDE];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = image.getRaster().getSample(i % SIDE, i / SIDE, 0) / 255.0;
    }
    return pixels;
  }

  private double between(double low, double high) {
    return random.nextDouble(low, high);
  }
}
