package dev.engram;

/** A function of one argument over trees of tensors (see {@link Tree}). */
@FunctionalInterface
public interface Fn1<A, R> {
  /** Returns the result for this argument. */
  R apply(A a);
}
