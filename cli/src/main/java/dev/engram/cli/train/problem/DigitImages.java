package dev.engram.cli.train.problem;

import java.util.SplittableRandom;

/** Draws small images of the ten digits, randomly shifted, rotated, slanted, scaled and thick. */
public final class DigitImages {
  /** Pixels along each side. */
  public static final int SIDE = 12;

  /** Size of the font in pixels; a digit is 0.7 of it high. */
  private static final double SIZE = 13;

  private static final double UNIT = 0.7 * SIZE / DigitStrokes.HEIGHT;

  private final SplittableRandom random;

  public DigitImages(SplittableRandom random) {
    this.random = random;
  }

  /** Returns the brightness of the pixels, 0 to 1, row by row. */
  public double[] draw(int digit) {
    double shiftX = SIDE / 2.0 + between(-1, 1);
    double shiftY = SIDE / 2.0 + between(-1, 1);
    double turn = between(-0.2, 0.2);
    double slant = between(-0.15, 0.15);
    double scaleX = between(0.85, 1.1);
    double scaleY = between(0.85, 1.1);
    double pen = SIZE * between(0.09, 0.14);

    DigitStrokes strokes = DigitStrokes.of(digit);
    double cos = Math.cos(turn);
    double sin = Math.sin(turn);
    double scale = Math.sqrt(scaleX * scaleY);
    double[] pixels = new double[SIDE * SIDE];
    for (int row = 0; row < SIDE; row++) {
      for (int column = 0; column < SIDE; column++) {
        // The center of the pixel, mapped back to the undistorted digit.
        double x = column + 0.5 - shiftX;
        double y = row + 0.5 - shiftY;
        double turnedX = cos * x + sin * y;
        double turnedY = cos * y - sin * x;
        double slantedX = turnedX - slant * turnedY;
        double distance =
            strokes.distance(
                slantedX / scaleX / UNIT + DigitStrokes.MIDDLE,
                DigitStrokes.HEIGHT / 2 - turnedY / scaleY / UNIT);
        // The fraction of the pixel within half a pen width of a line.
        double inside = (pen / 2 - UNIT * distance) * scale;
        pixels[row * SIDE + column] = Math.clamp(inside + 0.5, 0, 1);
      }
    }
    return pixels;
  }

  private double between(double low, double high) {
    return random.nextDouble(low, high);
  }
}
