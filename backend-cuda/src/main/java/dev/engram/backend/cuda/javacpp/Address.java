package dev.engram.backend.cuda.javacpp;

import java.lang.foreign.MemorySegment;
import org.bytedeco.javacpp.Pointer;

/** The address of memory outside of the heap, which must be reachable while it is used. */
final class Address extends Pointer {
  @SuppressWarnings("this-escape") // the field of the superclass
  Address(MemorySegment memory) {
    this.address = memory.address();
  }
}
