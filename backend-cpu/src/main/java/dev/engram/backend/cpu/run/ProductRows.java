package dev.engram.backend.cpu.run;

import java.lang.foreign.MemorySegment;

/** Generated: some rows of a matrix product, from byte offsets on. */
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

  /** {@code bytes} of C at {@code to} become themselves plus those at {@code from}. */
  void add(MemorySegment c, long to, long from, long bytes);
}
