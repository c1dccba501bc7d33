package dev.engram.backend.cuda.text;

import dev.engram.ir.SourceLocation;
import dev.engram.lower.Stmt;
import java.util.List;

/**
 * A kernel of a program, as it is launched for a nest, a sort, a divided loop, or several steps:
 * with the addresses of {@code buffers}, then those of {@code scratch} temporary arrays, then,
 * where it is {@code cooperative}, that of a {@linkplain #BARRIER_BYTES barrier}, then, where it
 * has {@code branches}, that of their counts, then the counters of {@code loops} as i32, then,
 * where it {@code checks}, the address of the record of failures and the number of the launch,
 * then, where it {@linkplain #isWhile is a while loop}, the address of two i32 and the most turns
 * that it may do. Kernels are right for any number of blocks up to {@code blocks}, and a few more.
 *
 * @param steps what it does, one after the other
 * @param function its name in the text; several nests may share one
 * @param buffers of the program, in the order of the parameters
 * @param scratchBytes sizes of the temporary arrays
 * @param cooperative whether its blocks wait for each other, and so must run at the same time
 * @param branches how many there are in it; it adds how often each was true to a u32 of its own
 * @param loops the loops around it whose counters it takes, outermost 0
 * @param threads of a block
 * @param blocks that have work to do
 * @param place of its first nest among the rows of a {@link dev.engram.lower.inspect.FusionReport}
 */
public record CudaKernel(
    List<Stmt> steps,
    String function,
    List<Integer> buffers,
    List<Long> scratchBytes,
    boolean cooperative,
    int branches,
    List<Integer> loops,
    boolean checks,
    int threads,
    long blocks,
    int place) {
  /** Of the words by which blocks wait for each other, zeros before the first launch. */
  public static final int BARRIER_BYTES = 8;

  /** Of what a while loop says: how many turns there were, and whether there may be more. */
  public static final int TURNS_BYTES = 8;

  public CudaKernel {
    steps = List.copyOf(steps);
    buffers = List.copyOf(buffers);
    scratchBytes = List.copyOf(scratchBytes);
    loops = List.copyOf(loops);
  }

  /** True for a parameter that is an i32, and not an address or a number of 64 bits. */
  public boolean isNarrow(int param) {
    int before =
        buffers.size() + scratchBytes.size() + (cooperative ? 1 : 0) + (branches > 0 ? 1 : 0);
    boolean isCounter = param >= before && param < before + loops.size();
    return isCounter || (isWhile() && param == params() - 1);
  }

  /** True for a kernel that does turns of a while loop. */
  public boolean isWhile() {
    return steps.getFirst() instanceof Stmt.While;
  }

  /** The user's line of its first nest that has one. */
  public SourceLocation where() {
    return StepFacts.where(steps);
  }

  /** The number of parameters. */
  public int params() {
    return buffers.size()
        + scratchBytes.size()
        + (cooperative ? 1 : 0)
        + (branches > 0 ? 1 : 0)
        + loops.size()
        + (checks ? 2 : 0)
        + (isWhile() ? 2 : 0);
  }
}
