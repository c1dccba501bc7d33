package dev.engram.backend.cpu.run;

import dev.engram.backend.cpu.nest.NestKernel;
import dev.engram.backend.cpu.nest.NestSlots;
import dev.engram.ir.RunException;
import dev.engram.ir.Shape;
import dev.engram.ir.runtime.Thrown;
import dev.engram.lower.AffineMap;
import dev.engram.lower.Instr;
import dev.engram.lower.Stmt;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A call of a nest: its kernel, and where the kernel finds its data in a run. */
public final class NestCall {
  public final Stmt.Nest nest;
  public final NestKernel kernel;
  private final KernelArgs frame;
  private final KernelArgs.Failure failure = this::fail;
  private final Job job;
  private final int[] buffers;
  private final int[] bufferOfSlot;
  private final long[] offset;
  private final long[][] outer;

  NestCall(Stmt.Nest nest, KernelCache kernels, WorkerPool pool) {
    this(nest, new NestSlots(nest), kernels, pool);
  }

  private NestCall(Stmt.Nest nest, NestSlots slots, KernelCache kernels, WorkerPool pool) {
    this(nest, slots, kernels.kernel(nest, slots), pool);
  }

  /** A call of the same code, for another thread. */
  NestCall(NestCall other, WorkerPool pool) {
    this(other.nest, new NestSlots(other.nest), other.kernel, pool);
  }

  private NestCall(Stmt.Nest nest, NestSlots slots, NestKernel kernel, WorkerPool pool) {
    this.nest = nest;
    this.kernel = kernel;
    int n = slots.keys().size();
    this.buffers = slots.buffers().stream().mapToInt(Integer::intValue).toArray();
    this.frame = new KernelArgs(buffers.length, n);
    this.job =
        pool.job(
            nest.callsUsers() ? new UserKernel(kernel.kernel()) : kernel.kernel(),
            frame,
            kernel.outerPoints(),
            kernel.grain(),
            kernel.unit());
    this.bufferOfSlot = new int[n];
    this.offset = new long[n];
    this.outer = new long[n][];
    for (int s = 0; s < n; s++) {
      NestSlots.Key key = slots.keys().get(s);
      AffineMap at = key.at();
      bufferOfSlot[s] = key.buffer();
      offset[s] = at.offset() * key.bytes();
      outer[s] = at.outer().stream().mapToLong(x -> x * key.bytes()).toArray();
    }
  }

  /**
   * Finds the memory of its buffers, for all calls until {@link #release}.
   *
   * @param memory of each buffer of the program
   */
  void bind(MemorySegment[] memory) {
    for (int b = 0; b < buffers.length; b++) {
      frame.segments[b] = memory[buffers[b]];
    }
  }

  /** Lets go of the memory, some of which is the caller's. */
  void release() {
    Arrays.fill(frame.segments, MemorySegment.NULL);
  }

  /** Runs the nest at the given counters of the loops around it. */
  void run(long[] start, int[] counters, StepRunner.JobRunner jobs, Scratch scratch) {
    for (int s = 0; s < offset.length; s++) {
      long at = offset[s];
      for (int t = 0; t < outer[s].length; t++) {
        at += outer[s][t] * counters[t];
      }
      frame.base[s] = bufferOfSlot[s] < 0 ? at : at + start[bufferOfSlot[s]];
    }
    try {
      kernel.kernel().prepare(frame);
      jobs.run(job, scratch);
      frame.takeFailure(failure);
    } catch (Throwable t) {
      frame.forgetFailure();
      throw Thrown.unchecked(t);
    }
  }

  /** True when more than one thread can work on it. */
  boolean isDivided() {
    return job.chunks() > 1;
  }

  private void fail(int instr, long value, long position) {
    List<Instr> code = new ArrayList<>(nest.body());
    code.addAll(nest.epilogue());
    Instr.Check check = (Instr.Check) code.get(instr);
    String indices = Shape.of(check.dims()).indices(position);
    throw new RunException(check.op().message(indices, value, check.where()));
  }
}
