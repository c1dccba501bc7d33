package dev.engram;

/** A function of one argument over user structures of tensors (see {@link Tree}). */
@FunctionalInterface
public interface Fn1<A, R> {
  R apply(A a);
}
