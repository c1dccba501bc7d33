package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.tensor.Broadcasting;
import dev.engram.ir.tensor.Indexing;
import dev.engram.ir.tensor.Moves;
import java.util.List;

/**
 * The ops of {@link Tensor} that put elements elsewhere and compute nothing. Negative axes count
 * from the end.
 */
public sealed interface MoveMethods permits Tensor {

  /** The same elements in row-major order, as many, in another shape. */
  default Tensor reshape(int... dims) {
    return reshape(Moves.shape("reshape", dims));
  }

  /** The same elements in row-major order, as many, in another shape. */
  default Tensor reshape(Shape to) {
    return Moves.reshape(self(), to);
  }

  /** Result axis i is axis {@code perm[i]} of this; without arguments the order is reversed. */
  default Tensor transpose(int... perm) {
    Given.given("transpose", "perm", perm);
    return Moves.transpose(self(), perm);
  }

  /** {@code axis} taken out and put in at position {@code to}. */
  default Tensor moveAxis(int axis, int to) {
    return Moves.moveAxis(self(), axis, to);
  }

  /** Repeats along new leading axes and along axes of length 1. */
  default Tensor broadcastTo(int... dims) {
    return broadcastTo(Moves.shape("broadcastTo", dims));
  }

  /** Repeats along new leading axes and along axes of length 1. */
  default Tensor broadcastTo(Shape to) {
    Given.given("broadcastTo", "to", to);
    return Broadcasting.to(self(), to, "broadcastTo");
  }

  /** A new axis of length 1 at {@code axis}, which may be the rank. */
  default Tensor expandDims(int axis) {
    return Moves.expandDims("expandDims", self(), axis);
  }

  /** Without {@code axis}, which must have length 1. */
  default Tensor squeeze(int axis) {
    return Moves.squeeze(self(), axis);
  }

  /** Positions {@code from <= i < to} of {@code axis}. */
  default Tensor slice(int axis, int from, int to) {
    return slice(axis, from, to, 1);
  }

  /** Positions {@code from, from+stride, … < to} of {@code axis}. */
  default Tensor slice(int axis, int from, int to, int stride) {
    return Moves.slice(self(), axis, from, to, stride);
  }

  /** Position {@code i} of axis 0, without that axis; negative counts from the end. */
  default Tensor get(int i) {
    int at = Moves.position("get", self(), i);
    return slice(0, at, at + 1).squeeze(0);
  }

  /**
   * Position {@code i} (an integer scalar) of axis 0, without that axis; in range, or clamped where
   * it is known only in the run.
   */
  default Tensor get(Tensor i) {
    Given.given("get", "i", i);
    return Indexing.get(self(), i);
  }

  /** The parts of {@code axis} between the positions {@code at}, ascending. */
  default List<Tensor> splitAt(int axis, int... at) {
    Given.given("splitAt", "at", at);
    return Moves.splitAt(self(), axis, at);
  }

  /** Equal parts along {@code axis}. */
  default List<Tensor> split(int axis, int parts) {
    return Moves.split(self(), axis, parts);
  }

  /**
   * Shifted round by {@code shift} along {@code axis}: what leaves at one end enters at the other.
   */
  default Tensor roll(int axis, int shift) {
    return Moves.roll(self(), axis, shift);
  }

  /** The whole tensor {@code times[i]} times one after the other along axis i. */
  default Tensor tile(int... times) {
    Given.given("tile", "times", times);
    return Moves.tile(self(), times);
  }

  /** Every element {@code times} times along {@code axis}. */
  default Tensor repeat(int axis, int times) {
    return Moves.repeat(self(), axis, times);
  }

  /** Axes {@code a} and {@code b} exchanged. */
  default Tensor swapAxes(int a, int b) {
    return Moves.swapAxes(self(), a, b);
  }

  /** Elements {@code [i, i + offset]} of axes {@code a} and {@code b}, as a new last axis. */
  default Tensor diagonal(int offset, int a, int b) {
    return Moves.diagonal(self(), offset, a, b);
  }

  /** The diagonal of the last two axes. */
  default Tensor diagonal() {
    return diagonal(0, -2, -1);
  }

  /** Matrices with the last axis on the diagonal that {@code offset} says, and zeros elsewhere. */
  default Tensor diag(int offset) {
    return Moves.diag(self(), offset);
  }

  /** The last two axes {@code [i, j]} where {@code j - i <= offset}, and zeros elsewhere. */
  default Tensor tril(int offset) {
    return Moves.tril(self(), offset);
  }

  /** The last two axes {@code [i, j]} where {@code j - i >= offset}, and zeros elsewhere. */
  default Tensor triu(int offset) {
    return Moves.triu(self(), offset);
  }

  /** The order turned round along {@code axes}; numpy's {@code flip}. */
  default Tensor reverse(int... axes) {
    return Moves.reverse(self(), axes);
  }

  /** Surrounded with the element at the edge, {@code low} times before and {@code high} behind. */
  default Tensor padEdge(List<Integer> low, List<Integer> high) {
    Given.all("padEdge", "low", low);
    Given.all("padEdge", "high", high);
    return Moves.padEdge(self(), low, high);
  }

  /** Surrounded with its mirror image; the element at the edge itself is not repeated. */
  default Tensor padReflect(List<Integer> low, List<Integer> high) {
    Given.all("padReflect", "low", low);
    Given.all("padReflect", "high", high);
    return Moves.padReflect(self(), low, high);
  }

  private Tensor self() {
    return (Tensor) this;
  }
}
