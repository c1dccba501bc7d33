package dev.engram.ir.tensor;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.op.ConvWindows;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Convolution and pooling as contraction and reduction over windows. The windows of a tensor are
 * moves of it: repeated along a new axis, sheared and sliced. So every transformation works on them
 * as on any other move, and lowering reads through them without a copy.
 */
public final class Convolution {
  private Convolution() {}

  // y[…i…k] = x[…i·stride + k·dilation…]
  public static Tensor windows(Tensor x, int axis, int size, int stride, int dilation) {
    int a = x.shape().axis("windows", axis);
    int n = x.shape().dim(a);
    if (size < 1 || stride < 1 || dilation < 1 || (size - 1L) * dilation >= n) {
      throw new TypeException(
          "windows: size=%d, stride=%d, dilation=%d on axis %d of %s, expected positive numbers and a window that fits into length %d; pad it (%s)"
              .formatted(size, stride, dilation, axis, x.type(), n, SourceLocation.here()));
    }
    int r = x.rank();
    Shape wide = Moves.named("windows", () -> x.shape().insert(r, size));
    Tensor y = x.expandDims(r);
    if (size > 1) {
      List<Integer> own = IntStream.range(0, r).boxed().toList();
      Tensor repeated = one(new Move.Broadcast(wide, own), x);
      y = one(new Move.Shear(a, r, dilation), repeated);
    }
    return stride == 1 ? y : y.slice(a, 0, y.dim(a), stride);
  }

  private static Tensor one(Op op, Tensor... in) {
    return Tensor.apply(op, List.of(in)).getFirst();
  }

  /** {@code x[…, spatial…, channels]}: the spatial axes padded and read in windows, at the end. */
  private static Tensor read(
      String op, Tensor x, int first, int[] size, ConvWindows windows, Reduce.Kind kind) {
    List<Integer> low = new ArrayList<>(Collections.nCopies(x.rank(), 0));
    List<Integer> high = new ArrayList<>(low);
    List<ConvWindows.Axis> axes = new ArrayList<>();
    for (int i = 0; i < size.length; i++) {
      int n = x.dim(first + i);
      ConvWindows.Axis w = windows.axis(op, i, size.length, n, size[i]);
      if (size[i] < 1 || (size[i] - 1L) * w.dilation() >= (long) n + w.low() + w.high()) {
        throw new TypeException(
            "%s: a window of %d elements with dilation %d does not fit into length %d, padded with %d and %d, of axis %d of %s, expected 1 element to that many; pad more (%s)"
                .formatted(
                    op,
                    size[i],
                    w.dilation(),
                    n,
                    w.low(),
                    w.high(),
                    first + i,
                    x.type(),
                    SourceLocation.here()));
      }
      axes.add(w);
      low.set(first + i, w.low());
      high.set(first + i, w.high());
    }
    boolean padded = !low.equals(high) || low.stream().anyMatch(n -> n > 0);
    Tensor y = padded ? pad(x, low, high, start(kind, x.dtype())) : x;
    for (int i = 0; i < size.length; i++) {
      ConvWindows.Axis w = axes.get(i);
      y = windows(y, first + i, size[i], w.stride(), w.dilation());
    }
    return y;
  }

  // What an empty reduction gives changes no other.
  private static Tensor start(Reduce.Kind kind, DType dtype) {
    return Broadcasting.reduce(kind, HostTensor.allocate(TensorType.of(dtype, 0)));
  }

  private static Tensor pad(Tensor x, List<Integer> low, List<Integer> high, Tensor fill) {
    return one(new Move.Pad(low, high, Collections.nCopies(x.rank(), 0)), x, fill);
  }

  private static int spatial(String op, Tensor x, int axes) {
    if (axes < 1 || x.rank() < axes + 1) {
      throw new TypeException(
          "%s: operand 0 has type %s, expected at least one spatial axis, and an axis for channels behind all %d (%s); add one with .expandDims(-1)"
              .formatted(op, x.type(), axes, SourceLocation.here()));
    }
    return x.rank() - 1 - axes;
  }

  /** See {@link Tensor#conv(Tensor, ConvWindows, int)}. */
  public static Tensor conv(Tensor x, Tensor w, ConvWindows windows, int groups) {
    int d = w.rank() - 2;
    int first = spatial("conv", x, d);
    int channels = x.dim(-1);
    if (groups < 1 || channels % groups != 0 || w.dim(-1) % groups != 0) {
      throw new TypeException(
          "conv: groups=%d, expected a divisor of %d input and %d output channels (%s)"
              .formatted(groups, channels, w.dim(-1), SourceLocation.here()));
    }
    if (w.dim(-2) != channels / groups) {
      throw new TypeException(
          "conv: operand 1 has type %s, expected length %d on axis %d: the %d channels of %s in %d groups (%s)"
              .formatted(
                  w.type(),
                  channels / groups,
                  d,
                  channels,
                  x.type(),
                  groups,
                  SourceLocation.here()));
    }
    int[] size = w.shape().range(0, d).toArray();
    if (groups == 1) {
      Tensor read = read("conv", x, first, size, windows, Reduce.Kind.SUM);
      List<Integer> contract = range(x.rank(), d);
      contract.add(x.rank() - 1);
      return read.dot(w, new Dot(contract, range(0, d + 1), List.of(), List.of()));
    }
    return grouped(x, w, windows, groups, first, size);
  }

  // x[…, o…, g, c, k…] · w[k…, c, g, f], over c and k, for each g
  private static Tensor grouped(
      Tensor x, Tensor w, ConvWindows windows, int groups, int first, int[] size) {
    int d = size.length;
    int r = x.rank();
    Tensor split = x.reshape(x.shape().with(r - 1, groups).insert(r, x.dim(-1) / groups));
    Tensor read = read("conv", split, first, size, windows, Reduce.Kind.SUM);
    Tensor kernel = w.reshape(w.shape().with(d + 1, groups).insert(d + 2, w.dim(-1) / groups));
    List<Integer> contract = range(r + 1, d);
    contract.add(r);
    Dot dot = new Dot(contract, range(0, d + 1), List.of(r - 1), List.of(d + 1));
    Tensor y = read.dot(kernel, dot).moveAxis(0, r - 1);
    return y.reshape(y.shape().range(0, r - 1).concat(Shape.of(w.dim(-1))));
  }

  private static List<Integer> range(int from, int n) {
    return new ArrayList<>(IntStream.range(from, from + n).boxed().toList());
  }

  /** See {@link Tensor#convTranspose}. */
  public static Tensor convTranspose(Tensor x, Tensor w, ConvWindows windows) {
    int d = w.rank() - 2;
    int first = spatial("convTranspose", x, d);
    List<Integer> low = new ArrayList<>(Collections.nCopies(x.rank(), 0));
    List<Integer> high = new ArrayList<>(low);
    List<Integer> interior = new ArrayList<>(low);
    for (int i = 0; i < d; i++) {
      int n = x.dim(first + i);
      int k = w.dim(i);
      ConvWindows.Axis plain =
          new ConvWindows(windows.stride(), windows.dilation(), new ConvWindows.Padding.Valid())
              .axis("convTranspose", i, d, n, k);
      long reach = plain.dilation() * (k - 1L);
      long before;
      long behind;
      switch (windows.padding()) {
        case ConvWindows.Padding.Valid _ -> {
          before = reach;
          behind = reach + Math.max(0, plain.stride() - reach - 1);
        }
        // n·stride results: those that a convolution with "same" of so many would read
        case ConvWindows.Padding.Same _ -> {
          long all = reach + plain.stride() - 1;
          before = plain.stride() > reach ? reach : (all + 1) / 2;
          behind = all - before;
        }
        case ConvWindows.Padding.Around _ -> {
          ConvWindows.Axis w0 = windows.axis("convTranspose", i, d, n, k);
          before = reach - w0.low();
          behind = reach - w0.high();
        }
      }
      if (before < 0 || behind < 0) {
        throw new TypeException(
            "convTranspose: the padding of spatial axis %d is larger than %d, what a window of %d elements reaches (%s)"
                .formatted(i, reach, k, SourceLocation.here()));
      }
      String axis = "spatial axis " + i + " of " + x.type();
      low.set(first + i, Moves.length("convTranspose", axis, before));
      high.set(first + i, Moves.length("convTranspose", axis, behind));
      interior.set(first + i, plain.stride() - 1);
    }
    Tensor spread =
        one(new Move.Pad(low, high, interior), x, HostTensor.full(TensorType.scalar(x.dtype()), 0));
    ConvWindows dense =
        new ConvWindows(List.of(1), windows.dilation(), new ConvWindows.Padding.Valid());
    int[] turned = IntStream.range(0, d).toArray();
    return conv(spread, w.reverse(turned), dense, 1);
  }

  public static Tensor pool(
      String op, Reduce.Kind kind, Tensor x, int[] size, ConvWindows windows) {
    int first = spatial(op, x, size.length);
    Tensor read = read(op, x, first, size, windows, kind);
    int[] axes = IntStream.range(x.rank(), read.rank()).toArray();
    return Broadcasting.reduce(kind, read, axes);
  }

  /** See {@link Tensor#avgPool}. */
  public static Tensor avgPool(Tensor x, int[] size, ConvWindows windows) {
    return RoundOnce.of(x, wide -> mean(wide, size, windows));
  }

  private static Tensor mean(Tensor x, int[] size, ConvWindows windows) {
    Tensor sum = pool("avgPool", Reduce.Kind.SUM, x, size, windows);
    if (windows.padding() instanceof ConvWindows.Padding.Valid) {
      return sum.mul(1.0 / IntStream.of(size).asLongStream().reduce(1, (a, b) -> a * b));
    }
    int first = spatial("avgPool", x, size.length);
    Shape spatial = x.shape().range(first, x.rank() - 1).concat(Shape.of(1));
    Tensor ones = HostTensor.full(x.type().with(spatial), 1);
    Tensor count = pool("avgPool", Reduce.Kind.SUM, ones, size, windows);
    return sum.div(count);
  }
}
