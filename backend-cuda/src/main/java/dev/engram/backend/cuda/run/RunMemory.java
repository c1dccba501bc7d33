package dev.engram.backend.cuda.run;

import dev.engram.backend.cuda.driver.Task;
import dev.engram.backend.cuda.text.CudaKernel;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What runs of a program need of a card's memory besides their operands. */
final class RunMemory {
  /** The record of failures: see {@code Failure} in the text. */
  static final long FAILURE_BYTES = 40;

  private final CudaProgram program;
  private final Object owner;
  private final boolean checks;
  private final boolean barriers;
  private final boolean whiles;
  private final long branches;
  private final long scratchBytes;
  private CardMemory.@Nullable Block arena;
  private CardMemory.@Nullable Block failure;
  private CardMemory.@Nullable Block barrier;
  private CardMemory.@Nullable Block taken;
  private CardMemory.@Nullable Block turns;
  private CardMemory.@Nullable Block scratch;

  /**
   * @param owner with whom it goes
   */
  RunMemory(CudaProgram program, Object owner) {
    this.program = program;
    this.owner = owner;
    List<CudaKernel> kernels = program.kernels();
    this.checks = kernels.stream().anyMatch(CudaKernel::checks);
    this.barriers = kernels.stream().anyMatch(CudaKernel::cooperative);
    this.whiles = kernels.stream().anyMatch(CudaKernel::isWhile);
    this.branches = kernels.stream().mapToLong(CudaKernel::branches).max().orElse(0);
    // The most of all, as one sort after the other uses it.
    this.scratchBytes =
        kernels.stream().flatMap(k -> k.scratchBytes().stream()).mapToLong(n -> n).max().orElse(0);
  }

  /** Takes what is not there, before anything is started: graphs keep the addresses. */
  void take(Consumer<Task> start) {
    if (arena == null) {
      arena = block(program.program().arenaBytes(), "the arena");
    }
    if (failure == null && checks) {
      failure = block(FAILURE_BYTES, "the checks");
    }
    if (barrier == null && barriers) {
      CardMemory.Block fresh = block(CudaKernel.BARRIER_BYTES, "the barriers");
      start.accept(new Task.Fill(fresh.address(), (byte) 0, CudaKernel.BARRIER_BYTES));
      barrier = fresh; // not before: it is not cleared again
    }
    if (taken == null && branches > 0) {
      taken = block(branches * Integer.BYTES, "the branches");
    }
    if (turns == null && whiles) {
      turns = block(CudaKernel.TURNS_BYTES, "the loops");
    }
    if (scratch == null && scratchBytes > 0) {
      scratch = block(scratchBytes, "the sorts");
    }
  }

  private CardMemory.Block block(long bytes, String what) {
    String name = program.program().name();
    return program.device().memory().allocate(owner, bytes, () -> what + " of @" + name);
  }

  private static long address(CardMemory.@Nullable Block block) {
    if (block == null) {
      throw new AssertionError("memory that was not taken");
    }
    return block.address();
  }

  long arena() {
    return address(arena);
  }

  /** The first failed check. */
  long failure() {
    return address(failure);
  }

  /** By which blocks wait for each other. */
  long barrier() {
    return address(barrier);
  }

  /** How often the predicates of the branches of a kernel were true. */
  long taken() {
    return address(taken);
  }

  /** What a while loop says. */
  long turns() {
    return address(turns);
  }

  /** For positions of sorts. */
  long scratch() {
    return address(scratch);
  }
}
