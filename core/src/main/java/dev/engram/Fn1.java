package dev.engram;

/** A function of one argument over trees of tensors (see {@link Tree}). */
@FunctionalInterface
public interface Fn1<A, R> {
  R apply(A a);
}
