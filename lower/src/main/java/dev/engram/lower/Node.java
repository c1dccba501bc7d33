package dev.engram.lower;

import dev.engram.ir.Eqn;
import dev.engram.ir.Value;
import org.jspecify.annotations.Nullable;

/**
 * A value that is computed at a place of its own in the schedule; the equations between nodes are
 * computed again by each reader.
 */
final class Node {
  /** What is computed; for a copy, what is copied. */
  final Value value;

  /** Null for a copy. */
  final @Nullable Eqn eqn;

  final Reads.Kind kind;

  /** Equations computed at each point. */
  final int weight;

  private @Nullable Kernel kernel;

  /** The element of the value at a point of the kernel. */
  private @Nullable Point point;

  /** For a fold the folded position at a point of the kernel. */
  private @Nullable Point folded;

  /** Computed once the kernel's folds are done. */
  boolean epilogue;

  /** Read by another kernel, so that it must be stored. */
  boolean external;

  Node(Value value, @Nullable Eqn eqn, Reads.Kind kind, int weight) {
    this.value = value;
    this.eqn = eqn;
    this.kind = kind;
    this.weight = weight;
  }

  void place(Kernel k, Point at, Point fold) {
    kernel = k;
    point = at;
    folded = fold;
  }

  Kernel kernel() {
    return java.util.Objects.requireNonNull(kernel);
  }

  Point point() {
    return java.util.Objects.requireNonNull(point);
  }

  Point folded() {
    return java.util.Objects.requireNonNull(folded);
  }

  Eqn equation() {
    return java.util.Objects.requireNonNull(eqn);
  }
}
