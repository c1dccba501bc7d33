package dev.engram.backend.cpu.run;

import dev.engram.ir.HostTensor;
import dev.engram.ir.InterruptedRunException;
import dev.engram.ir.runtime.NativeMemory;
import dev.engram.lower.Access;
import dev.engram.lower.BrokenUpdateException;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.memory.ProgramMemory;
import dev.engram.lower.profile.RunCounts;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What one run of a program at a time needs: its memory, and where the data of each nest is. All of
 * it is kept from run to run.
 */
final class ProgramRun {
  private static final MemorySegment NONE = MemorySegment.NULL;

  private final LoopProgram program;
  private final Constants constants;
  private final TieringBudget trials;
  private final List<NestCall> nests;

  /** Those of {@link #code}; the others are those of {@link #updates}. */
  private final int nestsOfCode;

  private final Code[] code;

  /** What comes after {@link #code}, from the first step on that writes over an input. */
  private final Code[] updates;

  /** Both, for runs that are recorded; made for the first of them. */
  private @Nullable CountedCode counted;

  /** Of the run that is recorded now. */
  private @Nullable RunCounts counts;

  /** The outputs that are written over inputs. */
  private final int[] inPlace;

  private boolean allocated;
  private final MemorySegment[] memory;
  private final long[] start;
  private final @Nullable MemorySegment[] staging;
  private final StepRunner runner;
  private final WorkerPool pool;
  private final NestSharing sharing = new NestSharing();

  /** Whether the nests and sorts of this run are divided among threads; loops always are. */
  private boolean shares;

  /** Buffers that trade places in loops. */
  private final int[] moving;

  /** Whose inputs {@link #memory} holds. */
  private @Nullable Bound bound;

  private final Scratch scratch = new Scratch();

  /**
   * Last inputs that are given for many runs.
   *
   * @param first buffers of the inputs before them
   * @param buffers theirs
   */
  record Bound(List<HostTensor> last, List<Integer> first, List<Integer> buffers) {}

  /** A step with code. */
  sealed interface Code {
    record Nest(NestCall call, int place) implements Code {}

    record Sort(SortCall call, int place) implements Code {}

    /** One of these, counted. */
    record Counted(Code[] one, int place) implements Code {}

    record Tell(HostCall call) implements Code {}

    record Loop(int depth, int length, boolean reverse, Code[] body, int[][] swaps)
        implements Code {}

    /**
     * A loop whose iterations may run at the same time.
     *
     * @param counted whether nests are, for runs that are recorded
     */
    record Parallel(ParallelLoop loop, boolean counted) implements Code {}

    record While(
        int depth,
        Code[] condition,
        Predicate holds,
        Code[] body,
        int[][] swaps,
        boolean bounded,
        int bound)
        implements Code {}

    record Branch(Predicate holds, Code[] onTrue, Code[] onFalse) implements Code {}
  }

  /** A bool element that a step reads. */
  record Predicate(int buffer, long offset, long[] outer) {
    static Predicate of(Access a) {
      return new Predicate(
          a.buffer(),
          a.at().offset(),
          a.at().outer().stream().mapToLong(Long::longValue).toArray());
    }
  }

  /** Where a constant is. */
  @FunctionalInterface
  interface Constants {
    MemorySegment memory(int buffer, HostTensor value);
  }

  ProgramRun(LoopProgram program, KernelCache kernels, WorkerPool pool, Constants constants) {
    this.program = program;
    this.constants = constants;
    this.trials = kernels.trials();
    this.pool = pool;
    int n = program.buffers().size();
    this.memory = new MemorySegment[n];
    this.start = new long[n];
    this.staging = new MemorySegment[n];
    this.inPlace =
        IntStream.range(0, program.outputs().size())
            .filter(i -> program.inPlace(i).isPresent())
            .toArray();
    int first = program.firstUpdate();
    List<Stmt> all = program.steps();
    StepCode made = new StepCode(program, kernels, pool, memory);
    this.code = made.code(all.subList(0, first), 0);
    this.nestsOfCode = made.nests().size();
    this.updates = made.code(all.subList(first, all.size()), 0);
    this.nests = made.nests();
    this.runner =
        new StepRunner(
            memory,
            start,
            new int[made.depth()],
            made.nests().stream().anyMatch(NestCall::isDivided) ? this::run : pool::run,
            step -> InterruptedRunException.check(program.name(), step));
    this.moving = made.trading();
    for (int b = 0; b < n; b++) {
      start[b] = start(b);
    }
  }

  private long start(int buffer) {
    return program.buffers().get(buffer).place() instanceof LoopBuffer.Place.Arena a
        ? a.offset()
        : 0;
  }

  // Not before a run: the memory of a long sequence takes longer to clear than the code to write.
  private void allocate() {
    MemorySegment arena = ProgramMemory.arena(program, HostTensor.SLACK);
    for (int b = 0; b < memory.length; b++) {
      memory[b] =
          switch (program.buffers().get(b).place()) {
            case LoopBuffer.Place.Arena _ -> arena;
            case LoopBuffer.Place.Constant c -> constants.memory(b, c.value());
            case LoopBuffer.Place.Input _, LoopBuffer.Place.Output _ -> NONE;
          };
    }
    allocated = true;
  }

  static MemorySegment allocate(long bytes, String owner) {
    return NativeMemory.allocate(bytes + HostTensor.SLACK, HostTensor.ALIGNMENT, owner);
  }

  /** The nests that have code, in the order of the program. */
  List<NestCall> nests() {
    return nests;
  }

  /** Lets go of bound inputs. */
  void unbind() {
    bind(null);
  }

  /** The same, where they are these. */
  @SuppressWarnings("ReferenceEquality") // it is about this very binding
  void unbind(Bound from) {
    if (bound == from) {
      bind(null);
    }
  }

  /** Keeps the addresses of the bound inputs until a run with other inputs. */
  @SuppressWarnings("ReferenceEquality") // it is about this very binding
  private void bind(@Nullable Bound to) {
    if (bound == to) {
      return;
    }
    if (bound != null) {
      release(bound.buffers);
    }
    bound = null;
    if (to != null) {
      bind(to.last, to.buffers, true);
      bound = to;
    }
  }

  /**
   * Runs the program.
   *
   * @param over gives the outputs before the first update; none where they are {@code outputs}
   * @param to has the last inputs, where there are some
   * @param recorded counts the nests, where someone records
   */
  void run(
      List<HostTensor> inputs,
      List<HostTensor> outputs,
      @Nullable Supplier<List<HostTensor>> over,
      @Nullable Bound to,
      @Nullable RunCounts recorded) {
    List<Integer> given = to == null ? program.inputs() : to.first;
    counts = recorded;
    try {
      if (!allocated) {
        allocate();
      }
      bind(to);
      bind(inputs, given, true);
      bind(outputs, program.outputs(), false);
      for (int b : moving) {
        start[b] = start(b);
      }
      shares = sharing.next();
      long t = System.nanoTime();
      bindNests(0, nestsOfCode);
      run(counts == null ? code : counted().code());
      List<HostTensor> last = over == null || updates.length == 0 ? outputs : over.get();
      update(last);
      t = System.nanoTime() - t;
      trials.ran(t);
      sharing.took(t);
      copyBack(last);
    } finally {
      nests.forEach(NestCall::release);
      release(given);
      release(program.outputs());
      counts = null;
    }
  }

  private void bindNests(int from, int to) {
    for (int i = from; i < to; i++) {
      nests.get(i).bind(memory);
    }
  }

  private void run(Code[] steps) {
    runner.run(steps, scratch, counts);
  }

  /** Runs a nest or a sort. */
  private void run(Job job, Scratch scratch) {
    if (shares) {
      pool.run(job, scratch);
    } else {
      job.runAlone(scratch);
    }
  }

  private CountedCode counted() {
    CountedCode c = counted;
    if (c == null) {
      c = CountedCode.of(code, updates);
      counted = c;
    }
    return c;
  }

  /** The rest of the program, which writes over inputs that others do not see. */
  private void update(List<HostTensor> outputs) {
    for (int i : inPlace) {
      bind(outputs.get(i), program.outputs().get(i), true);
    }
    bindNests(nestsOfCode, nests.size());
    try {
      run(counts == null ? updates : counted().updates());
    } catch (Throwable t) {
      throw new BrokenUpdateException(program.name(), t);
    }
  }

  // Vector loads of a row's tail may reach past its end, so memory needs slack; the rest is copied.
  private void bind(List<HostTensor> tensors, List<Integer> buffers, boolean copy) {
    for (int i = 0; i < buffers.size(); i++) {
      bind(tensors.get(i), buffers.get(i), copy);
    }
  }

  private void bind(HostTensor t, int buffer, boolean copy) {
    MemorySegment s = t.padded();
    long bytes = t.type().bytes();
    if (s.isNative()
        && s.byteSize() >= bytes + HostTensor.SLACK
        && s.address() % HostTensor.ALIGNMENT == 0) {
      memory[buffer] = s;
      return;
    }
    MemorySegment own = staging[buffer];
    if (own == null) {
      own = allocate(bytes, "copies of what @" + program.name() + " reads or writes");
      staging[buffer] = own;
    }
    if (copy) {
      MemorySegment.copy(t.segment(), 0, own, 0, bytes);
    }
    memory[buffer] = own;
  }

  private void copyBack(List<HostTensor> outputs) {
    for (int i = 0; i < outputs.size(); i++) {
      int b = program.outputs().get(i);
      MemorySegment own = staging[b];
      if (own != null && own.address() == memory[b].address()) {
        HostTensor t = outputs.get(i);
        MemorySegment.copy(own, 0, t.segment(), 0, t.type().bytes());
      }
    }
  }

  private void release(List<Integer> buffers) {
    for (int i = 0; i < buffers.size(); i++) {
      memory[buffers.get(i)] = NONE;
    }
  }
}
