package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.op.ConvWindows;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.tensor.Broadcasting;
import dev.engram.ir.tensor.Convolution;
import java.util.List;

/** Products of {@link Tensor} that sum over axes, and what slides over axes as convolutions do. */
public sealed interface ContractionMethods permits Tensor {

  /**
   * Matrix product over the last axis of this and the second to last of {@code b} (its only one
   * when {@code b} is a vector); leading axes broadcast.
   */
  default Tensor matmul(Tensor b) {
    return Broadcasting.matmul(self(), b);
  }

  /**
   * Sums over the pairs of axes that {@code dims} contract, for each position of those that it
   * batches; the result has the batch axes first, then what is left of this tensor, then of {@code
   * b}.
   */
  default Tensor dot(Tensor b, Dot dims) {
    Given.given("dot", "dims", dims);
    Given.given("dot", "b", b);
    return Tracer.apply(dims, List.of(self(), b)).getFirst();
  }

  /** Sums over pairs of axes: {@code axes[i]} of this and {@code bAxes[i]} of {@code b}. */
  default Tensor tensordot(Tensor b, int[] axes, int[] bAxes) {
    Given.given("tensordot", "b", b);
    Given.given("tensordot", "bAxes", bAxes);
    List<Integer> l = self().shape().axes("tensordot", axes);
    List<Integer> r = b.shape().axes("tensordot", bAxes);
    return dot(b, new Dot(l, r, List.of(), List.of()));
  }

  /** Every product of an element of this and one of {@code b}: this one's axes, then those. */
  default Tensor outer(Tensor b) {
    return dot(b, new Dot(List.of(), List.of(), List.of(), List.of()));
  }

  /**
   * Convolution (a cross-correlation, as everywhere in the field) with stride 1 and no padding; see
   * {@link #conv(Tensor, ConvWindows, int)}.
   */
  default Tensor conv(Tensor kernel) {
    Given.given("conv", "kernel", kernel);
    return conv(kernel, ConvWindows.valid(), 1);
  }

  /**
   * Convolution where each feature reads all channels; see {@link #conv(Tensor, ConvWindows, int)}.
   */
  default Tensor conv(Tensor kernel, ConvWindows windows) {
    Given.given("conv", "kernel", kernel);
    Given.given("conv", "windows", windows);
    return conv(kernel, windows, 1);
  }

  /**
   * Convolution over d spatial axes, d = rank of {@code kernel} - 2.
   *
   * <p>Zeros that surround an operand, or a cotangent, are multiplied like others, so that next to
   * the border an infinite element of the kernel can give NaN.
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
  default Tensor conv(Tensor kernel, ConvWindows windows, int groups) {
    Given.given("conv", "kernel", kernel);
    Given.given("conv", "windows", windows);
    return Convolution.conv(self(), kernel, windows, groups);
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
   * ConvWindows.Padding.Same}.
   */
  default Tensor convTranspose(Tensor kernel, ConvWindows windows) {
    Given.given("convTranspose", "kernel", kernel);
    Given.given("convTranspose", "windows", windows);
    return Convolution.convTranspose(self(), kernel, windows);
  }

  /** Greatest element of every window of {@code [batch…, n1…nd, channels]}; padding is ignored. */
  default Tensor maxPool(int[] size, ConvWindows windows) {
    Given.given("maxPool", "size", size);
    Given.given("maxPool", "windows", windows);
    return Convolution.pool("maxPool", Reduce.Kind.MAX, self(), size, windows);
  }

  /**
   * Mean of every window of {@code [batch…, n1…nd, channels]}. Padding does not count: a window at
   * the border is the mean of the elements that it has (PyTorch's {@code count_include_pad=False}).
   */
  default Tensor avgPool(int[] size, ConvWindows windows) {
    Given.given("avgPool", "size", size);
    Given.given("avgPool", "windows", windows);
    return Convolution.avgPool(self(), size, windows);
  }

  /** Sum of every window of {@code [batch…, n1…nd, channels]}, with zeros as padding. */
  default Tensor sumPool(int[] size, ConvWindows windows) {
    Given.given("sumPool", "size", size);
    Given.given("sumPool", "windows", windows);
    return Convolution.pool("sumPool", Reduce.Kind.SUM, self(), size, windows);
  }

  /**
   * All windows of {@code size} elements of {@code axis}, {@code dilation} apart, starting {@code
   * stride} apart: {@code y[…i…k] = x[…i·stride + k·dilation…]}, k a new last axis.
   */
  default Tensor windows(int axis, int size, int stride, int dilation) {
    return Convolution.windows(self(), axis, size, stride, dilation);
  }

  private Tensor self() {
    return (Tensor) this;
  }
}
