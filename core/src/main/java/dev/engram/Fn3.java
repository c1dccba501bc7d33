package dev.engram;

/** A function of three arguments over trees of tensors (see {@link Tree}). */
@FunctionalInterface
public interface Fn3<A, B, C, R> {
  /** Returns the result for these arguments. */
  R apply(A a, B b, C c);
}
