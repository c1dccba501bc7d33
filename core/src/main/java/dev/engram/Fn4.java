package dev.engram;

/** A function of four arguments over trees of tensors (see {@link Tree}). */
@FunctionalInterface
public interface Fn4<A, B, C, D, R> {
  /** Returns the result for these arguments. */
  R apply(A a, B b, C c, D d);
}
