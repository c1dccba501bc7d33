package dev.engram;

/** A function of no arguments over user structures of tensors (see {@link Tree}). */
@FunctionalInterface
public interface Fn0<R> {
  R apply();
}
