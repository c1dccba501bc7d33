package dev.engram.backend.cpu;

import java.lang.foreign.MemorySegment;

/** Generated: some rows of a matrix product, from byte offsets on. */
interface ProductRows {
  void rows(
      MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment c, long cAt, int count);
}
