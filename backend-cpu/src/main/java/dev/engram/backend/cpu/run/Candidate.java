package dev.engram.backend.cpu.run;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Vector code that may replace a scalar kernel, and points in memory of its own: it is run on them
 * for the JIT to measure and compile it, before it computes anything.
 *
 * @param points null when they would take too much memory
 */
public record Candidate(Kernel kernel, @Nullable Points points) {
  /** Larger memory is not filled again, and keeps what runs left in it. */
  private static final long SMALL = 1 << 20;

  /**
   * Points for kernels of one form.
   *
   * @param args where they are: all in {@code memory}
   * @param count how many there are, from 0 on
   * @param emptyFirst how many invocations without points come first: they are cheap, and enough
   *     for the JIT to leave the interpreter
   * @param every after those, one invocation of so many runs the points; the others run none
   * @param memory has what all slots of {@code args} reach
   * @param element what it is filled with: a number for which no operation is slow
   */
  public record Points(
      KernelArgs args, int count, int emptyFirst, int every, MemorySegment memory, byte[] element) {
    public Points {
      fill(memory, element);
    }

    /** Lets go of what earlier runs have computed, before it becomes tiny or too large. */
    public void refresh() {
      if (memory.byteSize() <= SMALL) {
        fill(memory, element);
      }
    }

    private static void fill(MemorySegment memory, byte[] element) {
      MemorySegment one = MemorySegment.ofArray(element);
      long done = element.length;
      MemorySegment.copy(one, 0, memory, 0, done);
      for (long all = memory.byteSize(); done < all; done *= 2) {
        MemorySegment.copy(memory, 0, memory, done, Math.min(done, all - done));
      }
    }
  }
}
