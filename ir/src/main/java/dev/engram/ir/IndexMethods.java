package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Index;
import dev.engram.ir.tensor.Indexing;
import dev.engram.ir.tensor.Sorting;

/**
 * The ops of {@link Tensor} that read and write at positions which other tensors give, and those
 * that sort. Negative axes count from the end.
 */
public sealed interface IndexMethods permits Tensor {

  /** Along {@code axis} at integer {@code indices}, whose axes replace it; in range, or clamped. */
  default Tensor take(Tensor indices, int axis) {
    Given.given("take", "indices", indices);
    return Indexing.take(self(), indices, axis);
  }

  /**
   * {@code y[…i…] = x[…indices[…i…]…]}: along {@code axis}, one row of indices for each row of
   * elements. All other lengths are equal or 1. Indices are in range, or clamped.
   */
  default Tensor takeAlongAxis(Tensor indices, int axis) {
    Given.given("takeAlongAxis", "indices", indices);
    return Indexing.takeAlongAxis(self(), indices, axis);
  }

  /**
   * This tensor with {@code updates} in place of what {@link #take} reads; they broadcast to its
   * shape. Of several at one place the last one stays. Indices are in range; updates at others,
   * known only in the run, are dropped.
   */
  default Tensor setAt(int axis, Tensor indices, Tensor updates) {
    Given.given("setAt", "indices", indices);
    Given.given("setAt", "updates", updates);
    return Indexing.scatter(self(), Index.Combine.SET, axis, indices, updates);
  }

  /** This tensor with {@code updates} added to what {@link #take} reads; see {@link #setAt}. */
  default Tensor addAt(int axis, Tensor indices, Tensor updates) {
    Given.given("addAt", "indices", indices);
    Given.given("addAt", "updates", updates);
    return Indexing.scatter(self(), Index.Combine.ADD, axis, indices, updates);
  }

  /**
   * The greater of this tensor and {@code updates} where {@link #take} reads; see {@link #setAt}.
   */
  default Tensor maxAt(int axis, Tensor indices, Tensor updates) {
    Given.given("maxAt", "indices", indices);
    Given.given("maxAt", "updates", updates);
    return Indexing.scatter(self(), Index.Combine.MAX, axis, indices, updates);
  }

  /** This tensor with {@code updates} combined into what {@link #takeAlongAxis} reads. */
  default Tensor scatterAlongAxis(Index.Combine combine, int axis, Tensor indices, Tensor updates) {
    Given.given("scatterAlongAxis", "combine", combine);
    Given.given("scatterAlongAxis", "indices", indices);
    Given.given("scatterAlongAxis", "updates", updates);
    return Indexing.scatterAlongAxis(self(), combine, axis, indices, updates);
  }

  /**
   * The window of {@code sizes} that starts at integer scalars, one per axis, from which it fits;
   * clamped where they are known only in the run.
   */
  default Tensor dynamicSlice(int[] sizes, Tensor... starts) {
    Given.all("dynamicSlice", "starts", starts);
    return Indexing.dynamicSlice(self(), sizes, starts);
  }

  /** This tensor with {@code window} written at {@code starts}; see {@link #dynamicSlice}. */
  default Tensor dynamicUpdate(Tensor window, Tensor... starts) {
    Given.given("dynamicUpdate", "window", window);
    Given.all("dynamicUpdate", "starts", starts);
    return Indexing.dynamicUpdate(self(), window, starts);
  }

  /**
   * The positions (i32) that sort each row along {@code axis}, from the least element to the
   * greatest or, {@code descending}, from the greatest to the least. Equal elements keep their
   * order; NaN comes last either way.
   */
  default Tensor argSort(int axis, boolean descending) {
    return Sorting.argSort(self(), axis, descending);
  }

  /** Each row along {@code axis} sorted from the least element to the greatest; NaN comes last. */
  default Tensor sort(int axis) {
    return sort(axis, false);
  }

  /** Each row along {@code axis} in the order of {@link #argSort}. */
  default Tensor sort(int axis, boolean descending) {
    return Sorting.sort(self(), axis, descending);
  }

  /**
   * The {@code k} greatest elements along {@code axis}, greatest first; of equal ones the first.
   */
  default TopK topK(int k, int axis) {
    return Sorting.topK(self(), k, axis);
  }

  /**
   * For each of {@code values} the number (i32) of elements of this sorted vector that are less,
   * with {@code right} less or equal: the position that keeps the order. NaN is greater than all
   * others.
   */
  default Tensor searchSorted(Tensor values, boolean right) {
    Given.given("searchSorted", "values", values);
    return Sorting.searchSorted(self(), values, right);
  }

  /** 1 where the new last axis' index equals this integer tensor's element, else 0. */
  default Tensor oneHot(int classes, DType dtype) {
    return Indexing.oneHot(self(), classes, dtype);
  }

  private Tensor self() {
    return (Tensor) this;
  }
}
