package dev.engram.backend.cpu;

/** Generated: one pass over the rows of a {@link Scratch}. */
interface RowFunction {
  void row(Scratch scratch, int length);
}
