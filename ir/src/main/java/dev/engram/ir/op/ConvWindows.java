package dev.engram.ir.op;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.tensor.Moves;
import java.util.Collections;
import java.util.List;

/**
 * How windows lie over the spatial axes of a convolution or a pooling.
 *
 * <p>For an axis of length n, padded to n + low + high, a window of k elements that are {@code
 * dilation} apart covers {@code e = dilation·(k - 1) + 1} positions, and there are {@code (n + low
 * + high - e) / stride + 1} windows, rounded down.
 *
 * @param stride from one window to the next, per spatial axis
 * @param dilation from one element of a window to the next, per spatial axis
 * @param padding what is put around the operand. A list of one number anywhere stands for all axes.
 */
public record ConvWindows(List<Integer> stride, List<Integer> dilation, Padding padding) {

  /** What is put around the spatial axes. */
  public sealed interface Padding {

    /** Nothing: every window lies inside. */
    record Valid() implements Padding {}

    /**
     * As much as gives {@code ceil(n / stride)} windows; the odd element goes behind, as in
     * TensorFlow and JAX.
     */
    record Same() implements Padding {}

    /** {@code low} elements before and {@code high} behind, per spatial axis. */
    record Around(List<Integer> low, List<Integer> high) implements Padding {
      public Around {
        Given.all("Around", "low", low);
        Given.all("Around", "high", high);
        low = List.copyOf(low);
        high = List.copyOf(high);
      }
    }
  }

  public ConvWindows {
    Given.all("ConvWindows", "stride", stride);
    Given.all("ConvWindows", "dilation", dilation);
    Given.given("ConvWindows", "padding", padding);
    stride = List.copyOf(stride);
    dilation = List.copyOf(dilation);
  }

  /** Stride 1, no dilation, no padding. */
  public static ConvWindows valid() {
    return new ConvWindows(List.of(1), List.of(1), new Padding.Valid());
  }

  /** Stride 1, no dilation, padded so that the length stays; see {@link Padding.Same}. */
  public static ConvWindows same() {
    return valid().padding(new Padding.Same());
  }

  /** Stride 1, no dilation, {@code around} elements before and behind on each spatial axis. */
  public static ConvWindows padded(Integer... around) {
    Given.all("ConvWindows.padded", "around", around);
    return valid().padding(new Padding.Around(List.of(around), List.of(around)));
  }

  /** The same windows so far apart, per spatial axis; one number for all. */
  public ConvWindows stride(Integer... to) {
    Given.all("ConvWindows.stride", "to", to);
    return new ConvWindows(List.of(to), dilation, padding);
  }

  /** The same windows with elements so far apart, per spatial axis; one number for all. */
  public ConvWindows dilation(Integer... to) {
    Given.all("ConvWindows.dilation", "to", to);
    return new ConvWindows(stride, List.of(to), padding);
  }

  /** The same windows over an operand padded in another way. */
  public ConvWindows padding(Padding to) {
    return new ConvWindows(stride, dilation, to);
  }

  /** One spatial axis: stride, dilation, and elements before and behind. */
  public record Axis(int stride, int dilation, int low, int high) {}

  /** How windows of {@code size} elements lie over spatial axis {@code i} of {@code axes}. */
  public Axis axis(String op, int i, int axes, int length, int size) {
    Given.given("ConvWindows.axis", "op", op);
    int s = pick(op, "stride", stride, i, axes, 1);
    int d = pick(op, "dilation", dilation, i, axes, 1);
    return switch (padding) {
      case Padding.Valid _ -> new Axis(s, d, 0, 0);
      case Padding.Same _ -> {
        long count = (length + s - 1L) / s;
        long all = Math.max(0, (count - 1) * s + d * (size - 1L) + 1 - length);
        int low = Moves.length(op, "the padding of spatial axis " + i, all / 2);
        yield new Axis(s, d, low, Moves.length(op, "the padding of spatial axis " + i, all - low));
      }
      case Padding.Around p ->
          new Axis(
              s, d, pick(op, "low", p.low(), i, axes, 0), pick(op, "high", p.high(), i, axes, 0));
    };
  }

  private static int pick(String op, String name, List<Integer> list, int i, int axes, int least) {
    List<Integer> all = list.size() == 1 ? Collections.nCopies(axes, list.getFirst()) : list;
    if (all.size() != axes || all.get(i) < least) {
      throw new TypeException(
          op
              + ": "
              + name
              + "="
              + list
              + ", expected one number, or one for each of "
              + axes
              + " spatial axes, none below "
              + least
              + " ("
              + SourceLocation.here()
              + ")");
    }
    return all.get(i);
  }
}
