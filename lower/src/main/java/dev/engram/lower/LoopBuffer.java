package dev.engram.lower;

import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;

/**
 * A dense row-major array of a program.
 *
 * @param type element type and shape; accesses are by element offset and need not follow the shape
 * @param place location of its memory
 */
public record LoopBuffer(TensorType type, Place place) {

  /** Where a buffer lives. */
  public sealed interface Place {
    /** The caller's {@code index}-th input; written only where it is an output as well. */
    record Input(int index) implements Place {}

    /** The caller's {@code index}-th output. */
    record Output(int index) implements Place {}

    /**
     * The program's own memory, from this byte on: a multiple of {@link LoweringOptions#alignment}.
     * Buffers that are never live at the same time may overlap.
     */
    record Arena(long offset) implements Place {}

    /** A tensor known at compile time; never written. */
    record Constant(HostTensor value) implements Place {}
  }
}
