package dev.engram.backend.cuda.text;

import dev.engram.lower.Stmt;
import java.util.List;

/**
 * A kernel of a program, as it is launched for one nest, sort or loop: with the addresses of {@code
 * buffers}, then those of {@code scratch} temporary arrays, then the counters of {@code loops} as
 * i32, then, where it {@code checks}, the address of the record of failures and the number of the
 * launch. Kernels are right for any number of blocks up to {@code blocks}, and a few more.
 *
 * @param step the nest, the sort, or the divided loop
 * @param function its name in the text; several nests may share one
 * @param buffers of the program, in the order of the parameters
 * @param scratchBytes sizes of the temporary arrays
 * @param loops the loops around it whose counters it takes, outermost 0
 * @param threads of a block
 * @param blocks that have work to do
 * @param place of its first nest among the rows of a {@link dev.engram.lower.inspect.FusionReport}
 */
public record CudaKernel(
    Stmt step,
    String function,
    List<Integer> buffers,
    List<Long> scratchBytes,
    List<Integer> loops,
    boolean checks,
    int threads,
    long blocks,
    int place) {
  public CudaKernel {
    buffers = List.copyOf(buffers);
    scratchBytes = List.copyOf(scratchBytes);
    loops = List.copyOf(loops);
  }

  /** The number of parameters. */
  public int params() {
    return buffers.size() + scratchBytes.size() + loops.size() + (checks ? 2 : 0);
  }
}
