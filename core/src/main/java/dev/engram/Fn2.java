package dev.engram;

/** A function of two arguments over trees of tensors (see {@link Tree}). */
@FunctionalInterface
public interface Fn2<A, B, R> {
  /** Returns the result for these arguments. */
  R apply(A a, B b);
}
