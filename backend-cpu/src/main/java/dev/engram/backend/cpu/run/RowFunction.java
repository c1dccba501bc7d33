package dev.engram.backend.cpu.run;

/** Generated: one pass over the rows of a {@link Scratch}. */
public interface RowFunction {
  void row(Scratch scratch, int length);
}
