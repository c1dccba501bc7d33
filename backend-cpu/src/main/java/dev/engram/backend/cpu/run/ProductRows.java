package dev.engram.backend.cpu.run;

import java.lang.foreign.MemorySegment;

/** Computes some rows of a matrix product, from byte offsets on; implemented by generated code. */
public interface ProductRows {
  /**
   * @param count number of rows
   * @param depth number of products in each sum
   */
  void rows(
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      int count,
      int depth);

  /** Adds {@code bytes} of C at {@code from} to those at {@code to}. */
  void add(MemorySegment c, long to, long from, long bytes);
}
