package dev.engram.plot;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * A chart of curves over whole numbers, such as losses over iterations, or through points. Values
 * that are not finite (and on a logarithmic axis those that are not positive) leave gaps; a value
 * between two gaps is a dot.
 *
 * <p>The legend lists the curves in the order in which they were added, then the levels, in the
 * corner where it covers the least. Curves differ by color and by dashes, so that they can be
 * distinguished in grey. The same chart yields the same bytes with the same Java and the same
 * fonts.
 *
 * <pre>{@code
 * new LineChart("Copying task", "training step", "loss")
 *     .add("D-RTRL", losses)
 *     .level("chance", Math.log(8))
 *     .write(Path.of("losses.svg"));
 * }</pre>
 *
 * <p>Drawing needs no display, but the fonts of the machine: see {@link NoPictureException}.
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
  private boolean logarithmicX;

  /** The formats of pictures. */
  public enum Format {
    /** Pixels, eight bits for each color. */
    PNG,
    /** Lines and outlines of letters, which need no font where they are shown. */
    SVG
  }

  /** Makes a chart without curves; an empty text takes no space. */
  public LineChart(String title, String xLabel, String yLabel) {
    this.title = line("title", title);
    this.xLabel = line("xLabel", xLabel);
    this.yLabel = line("yLabel", yLabel);
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
    series.add(new Series(line("name", name), new double[0], values));
    return this;
  }

  /**
   * Adds a curve through points, of which up to 30 are marked.
   *
   * @param name for the legend
   * @param xs finite, in increasing order
   * @param values one for each x
   * @throws IllegalArgumentException when there are no points, or not as many of both
   */
  public LineChart add(String name, double[] xs, double[] values) {
    if (xs.length == 0 || xs.length != values.length) {
      throw new IllegalArgumentException(
          "the curve \"%s\" has %d x and %d values; a chart needs as many of both, and at least one"
              .formatted(name, xs.length, values.length));
    }
    for (int i = 0; i < xs.length; i++) {
      if (!Double.isFinite(xs[i]) || (i > 0 && xs[i] <= xs[i - 1])) {
        throw new IllegalArgumentException(
            "the curve \"%s\" has the x %s at %d; they are finite and increase"
                .formatted(name, xs[i], i));
      }
    }
    series.add(new Series(line("name", name), xs, values));
    return this;
  }

  /**
   * Adds a level to compare the curves with, such as chance: a thin horizontal line.
   *
   * @param name for the legend
   * @throws IllegalArgumentException when {@code value} is not finite
   */
  public LineChart level(String name, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("the level \"" + name + "\" is " + value);
    }
    levels.add(new Level(line("name", name), value));
    return this;
  }

  /** Sets the x of the first value of every curve; 0 by default. */
  public LineChart firstX(int firstX) {
    this.firstX = firstX;
    return this;
  }

  /**
   * Makes the y axis logarithmic. Values within a factor of four are still drawn on a linear axis,
   * because a logarithmic one would not have two round numbers in that range.
   */
  public LineChart logarithmic() {
    logarithmic = true;
    return this;
  }

  /**
   * Makes the x axis logarithmic, which needs positive x; those within a factor of four are still
   * drawn on a linear axis.
   */
  public LineChart logarithmicX() {
    logarithmicX = true;
    return this;
  }

  /**
   * Draws the moving mean of {@code window} values in bold over the faint values themselves. A
   * window of 1 draws only the values; by default curves of more than 400 values are smoothed.
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
   * Sets the size of the picture in pixels; 1000 × 560 by default.
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
   * Writes the chart to a file whose name ends in {@code .png} or {@code .svg}. It is drawn before
   * the file is opened.
   *
   * @throws IllegalArgumentException for another name, or when no curve was added
   * @throws NoPictureException when this Java cannot draw
   * @throws IOException when the file cannot be written
   */
  public void write(Path file) throws IOException {
    String name = file.toString().toLowerCase(Locale.ROOT);
    Format format =
        Arrays.stream(Format.values())
            .filter(f -> name.endsWith("." + f.name().toLowerCase(Locale.ROOT)))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "the file of a chart ends in .png or .svg, got " + file));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    write(format, bytes);
    Files.write(file, bytes.toByteArray());
  }

  /**
   * Writes the chart to a stream, which stays open.
   *
   * @throws IllegalArgumentException when no curve was added
   * @throws NoPictureException when this Java cannot draw; nothing was written
   * @throws IOException when {@code out} cannot be written
   */
  public void write(Format format, OutputStream out) throws IOException {
    Sheet sheet = drawn();
    switch (format) {
      case PNG -> sheet.png(out);
      case SVG -> sheet.svg(out);
    }
  }

  /**
   * Returns the chart as pixels, which the kernels of Java notebooks show.
   *
   * @throws IllegalArgumentException when no curve was added
   * @throws NoPictureException when this Java cannot draw
   */
  public BufferedImage image() throws NoPictureException {
    return drawn().image();
  }

  private Sheet drawn() throws NoPictureException {
    if (series.isEmpty()) {
      throw new IllegalArgumentException("the chart \"" + title + "\" has no curves");
    }
    Lettering.check();
    return Sheet.of(this);
  }

  /** Returns a text on one line, with spaces for characters that have no width. */
  private static String line(String what, String text) {
    return Objects.requireNonNull(text, what).replaceAll("\\p{Cntrl}", " ");
  }

  /** A level to compare curves with. */
  record Level(String name, double value) {}

  /** Returns all levels. */
  List<Level> levels() {
    return List.copyOf(levels);
  }

  /** True when the y axis can show a value. */
  boolean shows(double value) {
    return Double.isFinite(value) && (value > 0 || !logarithmic);
  }

  /** Returns the curves, with NaN for values that the y axis cannot show. */
  List<Series> shown() {
    return series.stream().map(s -> s.mapped(y -> shows(y) ? y : Double.NaN)).toList();
  }

  /** Returns what the legend says about a curve without a value. */
  String nothing() {
    return logarithmic ? " (no value above 0)" : " (no finite value)";
  }

  /** Returns the number of lines of the legend. */
  int legendLines() {
    return series.size() + levels.size() + (window() > 1 ? 1 : 0);
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

  /** Returns the number of values in one mean; 1 when curves are not smoothed. */
  int window() {
    if (window > 0) {
      return window;
    }
    return longest() <= LONG_RUN ? 1 : Math.min(longest() / 50, WIDEST_MEAN) | 1;
  }

  /** Returns the smoothed curve that is drawn in bold. */
  Series smoothed(Series raw) {
    if (window() == 1) {
      return raw;
    }
    // On a logarithmic axis the geometric mean is used.
    return logarithmic
        ? raw.mapped(Math::log).smoothed(window()).mapped(Math::exp)
        : raw.smoothed(window());
  }

  int firstX() {
    return firstX;
  }

  /** Returns the scale of the x axis. */
  Scale xScale(double labels) {
    double low = series.stream().mapToDouble(s -> s.x(0, firstX)).min().orElse(firstX);
    double high =
        series.stream().mapToDouble(s -> s.x(s.values().length - 1, firstX)).max().orElse(firstX);
    if (logarithmicX && low <= 0) {
      throw new IllegalArgumentException(
          "the chart \"%s\" has the x %s, which a logarithmic axis cannot show"
              .formatted(title, low));
    }
    boolean whole = series.stream().noneMatch(Series::hasPlaces);
    return logarithmicX && high / LogScale.LEAST >= low
        ? LogScale.around(low, high, 0.02, labels)
        : LinearScale.around(low, high, 0.02, whole, labels);
  }

  /**
   * Returns the scale of the y axis; from 0 (logarithmic: 0.1) to 1 when there is nothing to show.
   */
  Scale yScale(double labels) {
    double[] shown =
        Stream.concat(
                series.stream().map(s -> DoubleStream.of(s.values())),
                levels.stream().map(l -> DoubleStream.of(l.value)))
            .flatMapToDouble(values -> values)
            .filter(this::shows)
            .toArray();
    double low = DoubleStream.of(shown).min().orElse(logarithmic ? 0.1 : 0);
    double high = DoubleStream.of(shown).max().orElse(1);
    return logarithmic && high / LogScale.LEAST >= low
        ? LogScale.around(low, high, 0.05, labels)
        : LinearScale.around(low, high, 0.05, false, labels);
  }
}
