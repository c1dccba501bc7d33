package dev.engram;

/** A function of no arguments over trees of tensors (see {@link Tree}). */
@FunctionalInterface
public interface Fn0<R> {
  /** Returns the result. */
  R apply();
}
