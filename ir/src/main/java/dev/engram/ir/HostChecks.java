package dev.engram.ir;

import java.lang.foreign.MemorySegment;

/** What memory, views and reads of a tensor must fit, with the errors where they do not. */
final class HostChecks {
  private HostChecks() {}

  static void wrapped(TensorType type, MemorySegment segment) {
    if (segment.byteSize() != type.bytes()) {
      throw new TypeException(
          "a segment of %d bytes for %s, expected %d (%s); cut it with asSlice, or give the type of what it holds"
              .formatted(segment.byteSize(), type, type.bytes(), SourceLocation.here()));
    }
  }

  static void view(TensorType as, TensorType of) {
    if (as.dtype() != of.dtype() || as.size() != of.size()) {
      throw new TypeException(
          "view: got %s of a tensor of type %s (%s); give a shape of as many elements, and the same element type"
              .formatted(as, of, SourceLocation.here()));
    }
  }

  static void part(TensorType as, long from, TensorType of) {
    if (as.dtype() != of.dtype() || from < 0 || from > of.size() - as.size()) {
      throw new TypeException(
          "part: got %s from element %d of a tensor of type %s (%s); stay within its elements"
              .formatted(as, from, of, SourceLocation.here()));
    }
  }

  static void values(int n, TensorType type) {
    if (type.size() != n) {
      throw new TypeException(
          "HostTensor.of: got %d values, expected %d for %s (%s); give the shape after the values, such as of(values, %d)"
              .formatted(n, type.size(), type, SourceLocation.here(), n));
    }
  }

  static void one(TensorType type) {
    if (type.size() != 1) {
      throw new TypeException(
          "item: got %s, expected exactly one element (%s); read one of them with getDouble(i), or reduce it first, such as by mean()"
              .formatted(type, SourceLocation.here()));
    }
  }

  static TraceException notDonated(TensorType type) {
    return new TraceException(
        "a tensor of type %s is donated while a program reads it or a state has it, or a second time (%s); donate it once, when what reads it has returned and the state has another value"
            .formatted(type, SourceLocation.here()));
  }
}
