package dev.engram.nn;

import dev.engram.Layer;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.op.ConvWindows;
import dev.engram.ir.tensor.RoundOnce;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Pooling layers: one value for each window over the spatial axes, channels last. */
public final class Pooling {
  private Pooling() {}

  /** Max pooling over non-overlapping windows. */
  public static Layer max(int... size) {
    Given.given("Pooling.max", "size", size);
    Ranges.atLeastOne("Pooling.max", "size", size);
    return max(size, sideBySide(size));
  }

  /**
   * Max pooling over windows of {@code size} elements, one number per spatial axis; what pads is
   * never the greatest.
   */
  public static Layer max(int[] size, ConvWindows windows) {
    Given.given("Pooling.max", "size", size);
    Ranges.atLeastOne("Pooling.max", "size", size);
    Given.given("Pooling.max", "windows", windows);
    int[] kept = size.clone();
    return Layer.of(x -> x.maxPool(kept, windows));
  }

  /** Average pooling over non-overlapping windows. */
  public static Layer average(int... size) {
    Given.given("Pooling.average", "size", size);
    Ranges.atLeastOne("Pooling.average", "size", size);
    return average(size, sideBySide(size));
  }

  /**
   * Average pooling over windows of {@code size} elements, one number per spatial axis; padding
   * does not count.
   */
  public static Layer average(int[] size, ConvWindows windows) {
    Given.given("Pooling.average", "size", size);
    Ranges.atLeastOne("Pooling.average", "size", size);
    Given.given("Pooling.average", "windows", windows);
    int[] kept = size.clone();
    return Layer.of(x -> x.avgPool(kept, windows));
  }

  /**
   * Average pooling to given lengths: along an axis of length n, result i of m is the mean of the
   * elements from {@code ⌊i n/m⌋} to below {@code ⌈(i + 1) n/m⌉}. Neighbours share an element where
   * m does not divide n.
   *
   * @param lengths of the one to three spatial axes of the result
   */
  public static Layer adaptiveAverage(int... lengths) {
    int[] kept = adaptive("Pooling.adaptiveAverage", lengths);
    return Layer.of(
        x ->
            RoundOnce.of(
                x, y -> pooled("Pooling.adaptiveAverage", y, kept, Pooling::averageAlong)));
  }

  /**
   * Max pooling to given lengths, over the elements of {@link #adaptiveAverage}.
   *
   * @param lengths of the one to three spatial axes of the result
   */
  public static Layer adaptiveMax(int... lengths) {
    int[] kept = adaptive("Pooling.adaptiveMax", lengths);
    return Layer.of(
        x ->
            pooled(
                "Pooling.adaptiveMax", x, kept, (y, axis, m) -> binned(y, axis, m).max(axis + 1)));
  }

  private static int[] adaptive(String who, int[] lengths) {
    Given.given(who, "lengths", lengths);
    Ranges.atLeastOne(who, "lengths", lengths);
    if (lengths.length > 3) {
      throw new TypeException(
          "%s: got %d lengths, expected one to three spatial axes (%s)"
              .formatted(who, lengths.length, SourceLocation.here()));
    }
    return lengths.clone();
  }

  private interface Along {
    Tensor pool(Tensor x, int axis, int length);
  }

  /** One axis after the other: bins of several axes are products of those of each. */
  private static Tensor pooled(String who, Tensor x, int[] lengths, Along along) {
    int first = x.rank() - 1 - lengths.length;
    if (first < 0 || x.shape().size() == 0) {
      throw new TypeException(
          "%s: x has type %s, expected %d spatial axes and one of channels, none empty (%s)"
              .formatted(who, x.type(), lengths.length, SourceLocation.here()));
    }
    Tensor y = x;
    for (int i = 0; i < lengths.length; i++) {
      y = along.pool(y, first + i, lengths[i]);
    }
    return y;
  }

  private static int from(int i, int n, int m) {
    return (int) ((long) i * n / m);
  }

  private static int to(int i, int n, int m) {
    return (int) (((i + 1L) * n + m - 1) / m);
  }

  private static int widest(int n, int m) {
    return IntStream.range(0, m).map(i -> to(i, n, m) - from(i, n, m)).max().orElseThrow();
  }

  /**
   * The bins of {@code axis} in place of it: {@code [..., m, width, ...]}, filled by their last.
   */
  private static Tensor binned(Tensor x, int axis, int m) {
    int n = x.dim(axis);
    int width = widest(n, m);
    if (n % m == 0) {
      return x.reshape(x.shape().with(axis, m).insert(axis + 1, width));
    }
    int[] at = new int[m * width];
    for (int i = 0; i < m * width; i++) {
      at[i] = Math.min(from(i / width, n, m) + i % width, to(i / width, n, m) - 1);
    }
    return x.take(HostTensor.of(at, m, width), axis);
  }

  private static Tensor averageAlong(Tensor x, int axis, int m) {
    int n = x.dim(axis);
    if (n % m == 0) {
      return binned(x, axis, m).mean(axis + 1);
    }
    int width = widest(n, m);
    double[] weights = new double[m * width];
    for (int i = 0; i < m * width; i++) {
      int own = to(i / width, n, m) - from(i / width, n, m);
      // the last element of a narrower bin stands there several times
      int times = i % width < own - 1 ? 1 : width - own + 1;
      weights[i] = 1.0 / own / times;
    }
    Shape shape = Shape.of(m, width);
    for (int i = axis + 1; i < x.rank(); i++) {
      shape = shape.insert(shape.rank(), 1);
    }
    Tensor each = HostTensor.of(weights, shape.toArray()).cast(x.dtype());
    return binned(x, axis, m).mul(each).sum(axis + 1);
  }

  private static ConvWindows sideBySide(int[] size) {
    return ConvWindows.valid().stride(Arrays.stream(size).boxed().toArray(Integer[]::new));
  }
}
