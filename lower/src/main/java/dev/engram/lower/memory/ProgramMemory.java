package dev.engram.lower.memory;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.runtime.Bytes;
import dev.engram.ir.runtime.NativeMemory;
import dev.engram.ir.runtime.NoMemoryError;
import dev.engram.lower.Device;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Memory for runs of programs. Where there is none, the error says which op makes what needs it.
 */
public final class ProgramMemory {
  private ProgramMemory() {}

  /**
   * Memory on {@code device} for an output, of undefined content.
   *
   * @param i its position among the outputs
   */
  public static Tensor output(LoopProgram program, int i, Device device) {
    LoopBuffer b = program.buffers().get(program.outputs().get(i));
    try {
      return device.allocate(b.type());
    } catch (NoMemoryError full) {
      String name = BufferNames.of(program).of(program.outputs().get(i), b.place());
      throw full.here().adding(", " + name + ",");
    }
  }

  /**
   * Memory for a program's own buffers, aligned to {@link HostTensor#ALIGNMENT}.
   *
   * @param slack so many bytes after them
   */
  public static MemorySegment arena(LoopProgram program, long slack) {
    try {
      return NativeMemory.allocate(
          program.arenaBytes() + slack, HostTensor.ALIGNMENT, "the arena of @" + program.name());
    } catch (NoMemoryError full) {
      throw full.adding(most(program));
    }
  }

  /** {@code (4.4 TB of it for f32[1048576,1048576], which add (Net.java:7) makes)}. */
  private static String most(LoopProgram program) {
    Optional<Integer> largest =
        IntStream.range(0, program.buffers().size())
            .boxed()
            .filter(b -> program.buffers().get(b).place() instanceof LoopBuffer.Place.Arena)
            .max(Comparator.comparingLong(b -> program.buffers().get(b).type().bytes()));
    return largest
        .map(
            b ->
                " (%s of it for %s%s)"
                    .formatted(
                        Bytes.text(program.buffers().get(b).type().bytes()),
                        program.buffers().get(b).type(),
                        BufferNames.of(program)
                            .maker(b)
                            .map(m -> ", which " + m + " makes")
                            .orElse("")))
        .orElse("");
  }
}
