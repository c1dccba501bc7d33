package dev.engram.ir;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A tensor that user code computes with: known ({@link HostTensor}) or traced ({@link Tracer}).
 *
 * <p>An op on known tensors runs at once; an op on a traced one is recorded. Binary ops broadcast
 * as numpy does: shapes are aligned at their last axis, and axes of length 1 stretch. Element types
 * are never promoted: mixing them is a {@link TypeException} whose fix is {@link #cast}. Negative
 * axes count from the end.
 */
public sealed interface Tensor extends ElementwiseMethods, NumberMethods, FoldMethods
    permits HostTensor, Tracer {

  TensorType type();

  /**
   * A tensor of this one's type with every element {@code fill}, rounded to a float type.
   *
   * @throws TypeException when the type is no float type and does not have {@code fill}
   */
  Tensor like(double fill);

  /** {@link #like(double)}, exact for every i64. */
  Tensor like(long fill);

  /**
   * The elements.
   *
   * @throws TraceException for a traced tensor
   */
  HostTensor host();

  default Shape shape() {
    return type().shape();
  }

  default DType dtype() {
    return type().dtype();
  }

  default int rank() {
    return type().rank();
  }

  /** Length of {@code axis}. */
  default int dim(int axis) {
    return shape().dim(shape().axis(axis));
  }

  // Contraction.

  /**
   * Matrix product over the last axis of this and the second to last of {@code b} (its only one
   * when {@code b} is a vector); leading axes broadcast.
   */
  default Tensor matmul(Tensor b) {
    return Broadcasting.matmul(this, b);
  }

  default Tensor dot(Tensor b, Dot dims) {
    return apply(dims, b);
  }

  /** Sums over pairs of axes: {@code axes[i]} of this and {@code bAxes[i]} of {@code b}. */
  default Tensor tensordot(Tensor b, int[] axes, int[] bAxes) {
    List<Integer> l = Arrays.stream(axes).map(shape()::axis).boxed().toList();
    List<Integer> r = Arrays.stream(bAxes).map(b.shape()::axis).boxed().toList();
    return dot(b, new Dot(l, r, List.of(), List.of()));
  }

  /** Every product of an element of this and one of {@code b}: this one's axes, then those. */
  default Tensor outer(Tensor b) {
    return dot(b, new Dot(List.of(), List.of(), List.of(), List.of()));
  }

  /**
   * Einstein summation, as numpy's: {@code einsum("bij,bjk->bik", a, b)}.
   *
   * <p>Every letter is an axis and has one length. Letters that the result lacks are summed over; a
   * letter twice in one operand is its diagonal. {@code ...} stands for any further axes, which
   * broadcast. Without {@code ->} the result has the axes of {@code ...}, then the letters that
   * appear once, in alphabetical order, capitals first. Spaces are ignored.
   *
   * @throws TypeException when the text or a length does not fit
   */
  static Tensor einsum(String spec, Tensor... operands) {
    return Einsum.of(spec, List.of(operands));
  }

  /**
   * Convolution (a cross-correlation, as everywhere in the field) with stride 1 and no padding; see
   * {@link #conv(Tensor, Windows, int)}.
   */
  default Tensor conv(Tensor kernel) {
    return conv(kernel, Windows.valid(), 1);
  }

  default Tensor conv(Tensor kernel, Windows windows) {
    return conv(kernel, windows, 1);
  }

  /**
   * Convolution over d spatial axes, d = rank of {@code kernel} - 2.
   *
   * <p>This tensor is {@code [batch…, n1…nd, channels]} with any number of batch axes, the kernel
   * {@code [k1…kd, channels/groups, features]}, the result {@code [batch…, o1…od, features]}:
   *
   * <pre>y[b, o, f] = Σ_k Σ_c x[b, o·stride + k·dilation - low, c] · kernel[k, c, f]</pre>
   *
   * with zeros outside. With {@code groups}, channels and features are split into so many equal
   * parts, and each part of the features reads its own part of the channels; {@code groups =
   * channels} is a depthwise convolution.
   */
  default Tensor conv(Tensor kernel, Windows windows, int groups) {
    return Convolution.conv(this, kernel, windows, groups);
  }

  /**
   * What convolution with {@code windows} does, transposed: every element of {@code [batch…, n1…nd,
   * channels]} adds its multiple of the kernel {@code [k1…kd, channels, features]} to the result,
   * {@code stride} apart:
   *
   * <pre>y[b, i·stride + k·dilation - low, f] += x[b, i, c] · kernel[k, c, f]</pre>
   *
   * <p>The result has {@code (n - 1)·stride + dilation·(k - 1) + 1 - low - high} elements per
   * spatial axis, without padding at least {@code n·stride}, and {@code n·stride} with {@link
   * Windows.Padding.Same}.
   */
  default Tensor convTranspose(Tensor kernel, Windows windows) {
    return Convolution.convTranspose(this, kernel, windows);
  }

  /** Greatest element of every window of {@code [batch…, n1…nd, channels]}; padding is ignored. */
  default Tensor maxPool(int[] size, Windows windows) {
    return Convolution.pool("maxPool", Reduce.Kind.MAX, this, size, windows);
  }

  /**
   * Mean of every window of {@code [batch…, n1…nd, channels]}. Padding does not count: a window at
   * the border is the mean of the elements that it has (PyTorch's {@code count_include_pad=False}).
   */
  default Tensor avgPool(int[] size, Windows windows) {
    return Convolution.avgPool(this, size, windows);
  }

  /** Sum of every window of {@code [batch…, n1…nd, channels]}, with zeros as padding. */
  default Tensor sumPool(int[] size, Windows windows) {
    return Convolution.pool("sumPool", Reduce.Kind.SUM, this, size, windows);
  }

  /**
   * All windows of {@code size} elements of {@code axis}, {@code dilation} apart, starting {@code
   * stride} apart: {@code y[…i…k] = x[…i·stride + k·dilation…]}, k a new last axis.
   */
  default Tensor windows(int axis, int size, int stride, int dilation) {
    return Convolution.windows(this, axis, size, stride, dilation);
  }

  // Moves.

  default Tensor reshape(int... dims) {
    return reshape(Shape.of(dims));
  }

  default Tensor reshape(Shape to) {
    return to.equals(shape()) ? this : apply(new Move.Reshape(to));
  }

  /** Result axis i is axis {@code perm[i]} of this; without arguments the order is reversed. */
  default Tensor transpose(int... perm) {
    int r = rank();
    List<Integer> p =
        perm.length == 0
            ? IntStream.range(0, r).map(i -> r - 1 - i).boxed().toList()
            : Arrays.stream(perm).map(shape()::axis).boxed().toList();
    return apply(new Move.Transpose(p));
  }

  /** {@code axis} taken out and put in at position {@code to}. */
  default Tensor moveAxis(int axis, int to) {
    List<Integer> perm = new ArrayList<>(IntStream.range(0, rank()).boxed().toList());
    int from = shape().axis(axis);
    int target = shape().axis(to);
    if (from == target) {
      return this;
    }
    perm.remove(from);
    perm.add(target, from);
    return apply(new Move.Transpose(perm));
  }

  default Tensor broadcastTo(int... dims) {
    return broadcastTo(Shape.of(dims));
  }

  /** Repeats along new leading axes and along axes of length 1. */
  default Tensor broadcastTo(Shape to) {
    return Broadcasting.to(this, to, "broadcastTo");
  }

  /** A new axis of length 1 at {@code axis}, which may be the rank. */
  default Tensor expandDims(int axis) {
    int a = axis < 0 ? axis + rank() + 1 : axis;
    return reshape(shape().insert(a, 1));
  }

  /** Without {@code axis}, which must have length 1. */
  default Tensor squeeze(int axis) {
    int a = shape().axis(axis);
    if (shape().dim(a) != 1) {
      throw new TypeException(
          "squeeze: axis "
              + axis
              + " of "
              + type()
              + " has length "
              + shape().dim(a)
              + ", expected 1 ("
              + Where.here()
              + ")");
    }
    return reshape(shape().without(List.of(a)));
  }

  /** Positions {@code from <= i < to} of {@code axis}. */
  default Tensor slice(int axis, int from, int to) {
    int a = shape().axis(axis);
    List<Integer> start = new ArrayList<>(java.util.Collections.nCopies(rank(), 0));
    List<Integer> limit = new ArrayList<>(shape().dims());
    start.set(a, from);
    limit.set(a, to);
    return apply(new Move.Slice(start, limit, java.util.Collections.nCopies(rank(), 1)));
  }

  /** Positions {@code from, from+stride, … < to} of {@code axis}. */
  default Tensor slice(int axis, int from, int to, int stride) {
    return Moves.slice(this, shape().axis(axis), from, to, stride);
  }

  /** Position {@code i} of axis 0, without that axis; negative counts from the end. */
  default Tensor get(int i) {
    int at = i < 0 ? i + dim(0) : i;
    return slice(0, at, at + 1).squeeze(0);
  }

  /** Position {@code i} (an integer scalar) of axis 0, without that axis; clamped into range. */
  default Tensor get(Tensor i) {
    return Indexing.get(this, i);
  }

  /** The parts of {@code axis} between the positions {@code at}, ascending. */
  default List<Tensor> splitAt(int axis, int... at) {
    return Moves.splitAt(this, axis, at);
  }

  /** Equal parts along {@code axis}. */
  default List<Tensor> split(int axis, int parts) {
    int a = shape().axis(axis);
    int n = shape().dim(a);
    if (parts < 1 || n % parts != 0) {
      throw new TypeException(
          "split: axis "
              + axis
              + " of "
              + type()
              + " does not divide into "
              + parts
              + " parts ("
              + Where.here()
              + ")");
    }
    int step = n / parts;
    return IntStream.range(0, parts).mapToObj(i -> slice(a, i * step, (i + 1) * step)).toList();
  }

  /**
   * Shifted round by {@code shift} along {@code axis}: what leaves at one end enters at the other.
   */
  default Tensor roll(int axis, int shift) {
    return Moves.roll(this, axis, shift);
  }

  /** The whole tensor {@code times[i]} times one after the other along axis i. */
  default Tensor tile(int... times) {
    return Moves.tile(this, times);
  }

  /** Every element {@code times} times along {@code axis}. */
  default Tensor repeat(int axis, int times) {
    return Moves.repeat(this, axis, times);
  }

  /** Axes {@code a} and {@code b} exchanged. */
  default Tensor swapAxes(int a, int b) {
    return Moves.swapAxes(this, a, b);
  }

  /** Elements {@code [i, i + offset]} of axes {@code a} and {@code b}, as a new last axis. */
  default Tensor diagonal(int offset, int a, int b) {
    return Moves.diagonal(this, offset, a, b);
  }

  /** The diagonal of the last two axes. */
  default Tensor diagonal() {
    return diagonal(0, -2, -1);
  }

  /** Matrices with the last axis on the diagonal that {@code offset} says, and zeros elsewhere. */
  default Tensor diag(int offset) {
    return Moves.diag(this, offset);
  }

  /** The unit matrix {@code [n, n]}. */
  static Tensor eye(DType dtype, int n) {
    return HostTensor.full(TensorType.of(dtype, n), 1).diag(0);
  }

  /** The last two axes {@code [i, j]} where {@code j - i <= offset}, and zeros elsewhere. */
  default Tensor tril(int offset) {
    return Moves.tril(this, offset);
  }

  /** The last two axes {@code [i, j]} where {@code j - i >= offset}, and zeros elsewhere. */
  default Tensor triu(int offset) {
    return Moves.triu(this, offset);
  }

  /** The order turned round along {@code axes}; numpy's {@code flip}. */
  default Tensor reverse(int... axes) {
    return apply(new Move.Reverse(Arrays.stream(axes).map(shape()::axis).boxed().toList()));
  }

  /** Surrounded with the element at the edge, {@code low} times before and {@code high} behind. */
  default Tensor padEdge(List<Integer> low, List<Integer> high) {
    return Moves.padEdge(this, low, high);
  }

  /** Surrounded with its mirror image; the element at the edge itself is not repeated. */
  default Tensor padReflect(List<Integer> low, List<Integer> high) {
    return Moves.padReflect(this, low, high);
  }

  static Tensor concat(int axis, Tensor... parts) {
    return concat(axis, List.of(parts));
  }

  static Tensor concat(int axis, List<Tensor> parts) {
    int a = parts.isEmpty() ? axis : parts.getFirst().shape().axis(axis);
    return Tracer.apply(new Move.Concat(a), List.copyOf(parts)).getFirst();
  }

  /** Joins equal shapes along a new axis. */
  static Tensor stack(int axis, List<Tensor> parts) {
    return concat(axis, parts.stream().map(p -> p.expandDims(axis)).toList());
  }

  // Indexing.

  /** Along {@code axis} at integer {@code indices}, whose axes replace it; clamped into range. */
  default Tensor take(Tensor indices, int axis) {
    return apply(new Index.Gather(shape().axis(axis), 0), indices);
  }

  /**
   * {@code y[…i…] = x[…indices[…i…]…]}: along {@code axis}, one row of indices for each row of
   * elements. All other lengths are equal or 1. Indices are clamped into range.
   */
  default Tensor takeAlongAxis(Tensor indices, int axis) {
    return Indexing.takeAlongAxis(this, indices, axis);
  }

  /**
   * This tensor with {@code updates} in place of what {@link #take} reads; they broadcast to its
   * shape. Updates at indices out of range are dropped; of several at one place the last one stays.
   */
  default Tensor setAt(int axis, Tensor indices, Tensor updates) {
    return Indexing.scatter(this, Index.Combine.SET, axis, indices, updates);
  }

  /** This tensor with {@code updates} added to what {@link #take} reads; see {@link #setAt}. */
  default Tensor addAt(int axis, Tensor indices, Tensor updates) {
    return Indexing.scatter(this, Index.Combine.ADD, axis, indices, updates);
  }

  /**
   * The greater of this tensor and {@code updates} where {@link #take} reads; see {@link #setAt}.
   */
  default Tensor maxAt(int axis, Tensor indices, Tensor updates) {
    return Indexing.scatter(this, Index.Combine.MAX, axis, indices, updates);
  }

  /** This tensor with {@code updates} combined into what {@link #takeAlongAxis} reads. */
  default Tensor scatterAlongAxis(Index.Combine combine, int axis, Tensor indices, Tensor updates) {
    return Indexing.scatterAlongAxis(this, combine, axis, indices, updates);
  }

  /**
   * The window of {@code sizes} that starts at integer scalars, one per axis; clamped so that it
   * fits.
   */
  default Tensor dynamicSlice(int[] sizes, Tensor... starts) {
    return Indexing.dynamicSlice(this, sizes, starts);
  }

  /** This tensor with {@code window} written at {@code starts}, clamped so that it fits. */
  default Tensor dynamicUpdate(Tensor window, Tensor... starts) {
    return Indexing.dynamicUpdate(this, window, starts);
  }

  /**
   * The positions (i32) that sort each row along {@code axis}, from the least element to the
   * greatest or, {@code descending}, from the greatest to the least. Equal elements keep their
   * order; NaN comes last either way.
   */
  default Tensor argSort(int axis, boolean descending) {
    return Sorting.argSort(this, axis, descending);
  }

  /** Each row along {@code axis} sorted from the least element to the greatest; NaN comes last. */
  default Tensor sort(int axis) {
    return sort(axis, false);
  }

  /** Each row along {@code axis} in the order of {@link #argSort}. */
  default Tensor sort(int axis, boolean descending) {
    return Sorting.sort(this, axis, descending);
  }

  /**
   * The {@code k} greatest elements along {@code axis}, greatest first; of equal ones the first.
   */
  default TopK topK(int k, int axis) {
    return Sorting.topK(this, k, axis);
  }

  /**
   * For each of {@code values} the number (i32) of elements of this sorted vector that are less,
   * with {@code right} less or equal: the position that keeps the order. NaN is greater than all
   * others.
   */
  default Tensor searchSorted(Tensor values, boolean right) {
    return Sorting.searchSorted(this, values, right);
  }

  /** 1 where the new last axis' index equals this integer tensor's element, else 0. */
  default Tensor oneHot(int classes, DType dtype) {
    Shape to = shape().insert(rank(), classes);
    Tensor iota = apply0(new Source.Iota(new TensorType(dtype(), to), rank()));
    return expandDims(rank()).broadcastTo(to).eq(iota).cast(dtype);
  }

  // Plumbing.

  private Tensor apply0(Op op) {
    return this instanceof Tracer x
        ? x.builder().tracer(x.builder().emit1(op))
        : Interpreter.eval(op, List.of(), Where.UNKNOWN).getFirst();
  }

  private Tensor apply(Op op, Tensor... more) {
    List<Tensor> in = new ArrayList<>();
    in.add(this);
    in.addAll(List.of(more));
    return Tracer.apply(op, in).getFirst();
  }

  /** Any op on any operands: recorded when one is traced, else run at once. */
  static List<Tensor> apply(Op op, List<Tensor> inputs) {
    return Tracer.apply(op, inputs);
  }
}
