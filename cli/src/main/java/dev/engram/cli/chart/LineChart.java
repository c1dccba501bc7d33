package dev.engram.cli.chart;

import dev.engram.io.AtomicFile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * A chart of curves over whole numbers, such as losses over iterations. Values that are not finite
 * (and on a logarithmic axis those that are not positive) leave gaps.
 */
public final class LineChart {
  private static final int LONG_RUN = 400;
  private static final int WIDEST_MEAN = 500;
  private static final int SMALLEST = 240;
  private static final int LARGEST = 10_000;

  final String title;
  final String xLabel;
  final String yLabel;
  private final List<Series> series = new ArrayList<>();
  private final List<Level> levels = new ArrayList<>();
  private int width = 1000;
  private int height = 560;
  private int firstX;
  private int window;
  private boolean logarithmic;

  /** A chart without curves. */
  public LineChart(String title, String xLabel, String yLabel) {
    this.title = title;
    this.xLabel = xLabel;
    this.yLabel = yLabel;
  }

  /**
   * Adds a curve.
   *
   * @param name for the legend
   * @param values one for each x, from the first x on
   * @throws IllegalArgumentException when there are no values
   */
  public LineChart add(String name, double[] values) {
    if (values.length == 0) {
      throw new IllegalArgumentException(
          "the curve \"" + name + "\" has no values; a chart needs at least one for each curve");
    }
    series.add(new Series(name, values));
    return this;
  }

  /**
   * Adds a level to compare the curves with, such as chance: a thin line from side to side.
   *
   * @param name for the legend
   * @throws IllegalArgumentException when {@code value} is not finite
   */
  public LineChart level(String name, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("the level \"" + name + "\" is " + value);
    }
    levels.add(new Level(name, value));
    return this;
  }

  /** Sets the x of the first value of every curve; 0 at first. */
  public LineChart firstX(int firstX) {
    this.firstX = firstX;
    return this;
  }

  /** Makes the y axis logarithmic. */
  public LineChart logarithmic() {
    logarithmic = true;
    return this;
  }

  /**
   * Draws the mean of {@code window} values in bold over the faint values themselves. 1 draws the
   * values alone; by default curves of more than 400 values are smoothed.
   *
   * @throws IllegalArgumentException for a window below 1
   */
  public LineChart smooth(int window) {
    if (window < 1) {
      throw new IllegalArgumentException("a window has at least 1 value, got " + window);
    }
    this.window = window;
    return this;
  }

  /**
   * Sets the size of the picture in pixels; 1000 × 560 at first.
   *
   * @throws IllegalArgumentException for a side below 240 or above 10000
   */
  public LineChart size(int width, int height) {
    if (Math.min(width, height) < SMALLEST || Math.max(width, height) > LARGEST) {
      throw new IllegalArgumentException(
          String.format(
              "the size of a chart is from %d to %d pixels a side, got %d × %d",
              SMALLEST, LARGEST, width, height));
    }
    this.width = width;
    this.height = height;
    return this;
  }

  /**
   * Draws the chart.
   *
   * @throws IllegalArgumentException when no curve was added
   */
  public BufferedImage draw() {
    if (series.isEmpty()) {
      throw new IllegalArgumentException("the chart \"" + title + "\" has no curves");
    }
    return new ChartPainter(this).paint();
  }

  /**
   * Writes the chart as a PNG file, as a whole or not at all.
   *
   * @throws IOException naming the file and the reason when it cannot be written
   */
  public void write(Path file) throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream image = new MemoryCacheImageOutputStream(png)) {
      if (!ImageIO.write(draw(), "png", image)) {
        throw new IOException("cannot write " + file + ": this Java cannot encode PNG");
      }
    }
    ByteBuffer bytes = ByteBuffer.wrap(png.toByteArray());
    AtomicFile.write(
        file,
        channel -> {
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  /** A value that does not change. */
  record Level(String name, double value) {}

  List<Level> levels() {
    return List.copyOf(levels);
  }

  List<Series> series() {
    return List.copyOf(series);
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  int longest() {
    return series.stream().mapToInt(s -> s.values().length).max().orElse(0);
  }

  /** Values in one mean; 1 when curves are drawn as they are. */
  int window() {
    if (window > 0) {
      return window;
    }
    return longest() <= LONG_RUN ? 1 : Math.min(longest() / 50, WIDEST_MEAN) | 1;
  }

  /** A curve as it is drawn in bold. */
  Series smoothed(Series raw) {
    if (window() == 1) {
      return raw;
    }
    // Where ratios are lengths, the mean is the geometric one.
    return logarithmic
        ? raw.mapped(Math::log).smoothed(window()).mapped(Math::exp)
        : raw.smoothed(window());
  }

  int firstX() {
    return firstX;
  }

  /** The scale of the x axis. */
  Scale xScale() {
    return LinearScale.around(firstX, (double) firstX + longest() - 1, 0.02, true);
  }

  /** The scale of the y axis; from 0 to 1 when there is nothing to show. */
  Scale yScale() {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (Series s : series) {
      for (double value : s.values()) {
        if (Double.isFinite(value) && (value > 0 || !logarithmic)) {
          low = Math.min(low, value);
          high = Math.max(high, value);
        }
      }
    }
    for (Level level : levels) {
      if (level.value > 0 || !logarithmic) {
        low = Math.min(low, level.value);
        high = Math.max(high, level.value);
      }
    }
    if (low > high) {
      return logarithmic ? new LogScale(0.1, 1) : new LinearScale(0, 1, false);
    }
    return logarithmic
        ? LogScale.around(low, high, 0.05)
        : LinearScale.around(low, high, 0.05, false);
  }
}
