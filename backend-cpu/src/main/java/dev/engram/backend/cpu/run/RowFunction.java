package dev.engram.backend.cpu.run;

/** One pass over the rows of a {@link Scratch}; implemented by generated code. */
public interface RowFunction {
  void row(Scratch scratch, int length);
}
