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
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
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
  private final WorkerPool pool;
  private final Constants constants;
  private final TieringBudget trials;
  private final List<NestCall> nests = new ArrayList<>();
  private final Code[] code;

  /** What comes after {@link #code}, from the first step on that writes over an input. */
  private final Code[] updates;

  /** Both, for runs that are recorded; made for the first of them. */
  private @Nullable CountedCode counted;

  /** Of the run that is recorded now. */
  private @Nullable RunCounts counts;

  /** How many nests have got their place in the program, whether they have code or not. */
  private int places;

  /** The outputs that are written over inputs. */
  private final int[] inPlace;

  private boolean allocated;
  private final MemorySegment[] memory;
  private final long[] start;
  private final @Nullable MemorySegment[] staging;
  private final int[] counters;

  /** Buffers that trade places in loops. */
  private final BitSet trading = new BitSet();

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
    this.pool = pool;
    this.trials = kernels.trials();
    int n = program.buffers().size();
    this.memory = new MemorySegment[n];
    this.start = new long[n];
    this.staging = new MemorySegment[n];
    int[] deepest = {0};
    this.inPlace =
        IntStream.range(0, program.outputs().size())
            .filter(i -> program.inPlace(i).isPresent())
            .toArray();
    int first = program.firstUpdate();
    List<Stmt> all = program.steps();
    this.code = code(all.subList(0, first), 0, deepest, kernels);
    this.updates = code(all.subList(first, all.size()), 0, deepest, kernels);
    this.counters = new int[deepest[0]];
    this.moving = trading.stream().toArray();
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

  private Code[] code(List<Stmt> steps, int depth, int[] deepest, KernelCache kernels) {
    deepest[0] = Math.max(deepest[0], depth);
    List<Code> out = new ArrayList<>();
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Nest n -> {
          int place = places++;
          if (n.axes().stream().allMatch(a -> a.reduce() || a.length() > 0)) {
            NestCall call = StepTypes.making(program, n, () -> new NestCall(n, kernels, pool));
            nests.add(call);
            out.add(new Code.Nest(call, place));
          }
        }
        case Stmt.Sort o -> {
          SortCall call = StepTypes.making(program, o, () -> new SortCall(o, pool));
          out.add(new Code.Sort(call, places++));
        }
        case Stmt.Tell t -> out.add(new Code.Tell(new HostCall(t)));
        case Stmt.Loop l ->
            out.add(
                new Code.Loop(
                    depth,
                    l.length(),
                    l.reverse(),
                    code(l.body(), depth + 1, deepest, kernels),
                    swaps(l.swaps())));
        case Stmt.While w ->
            out.add(
                new Code.While(
                    depth,
                    code(w.condition(), depth + 1, deepest, kernels),
                    Predicate.of(w.predicate()),
                    code(w.body(), depth + 1, deepest, kernels),
                    swaps(w.swaps()),
                    w.bound().isPresent(),
                    w.bound().orElse(0)));
        case Stmt.Branch b ->
            out.add(
                new Code.Branch(
                    Predicate.of(b.predicate()),
                    code(b.onTrue(), depth, deepest, kernels),
                    code(b.onFalse(), depth, deepest, kernels)));
      }
    }
    return out.toArray(Code[]::new);
  }

  private int[][] swaps(List<Stmt.Swap> swaps) {
    for (Stmt.Swap w : swaps) {
      trading.set(w.a());
      trading.set(w.b());
    }
    return swaps.stream().map(w -> new int[] {w.a(), w.b()}).toArray(int[][]::new);
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
      long t = System.nanoTime();
      steps(counts == null ? code : counted().code());
      List<HostTensor> last = over == null || updates.length == 0 ? outputs : over.get();
      update(last);
      trials.ran(System.nanoTime() - t);
      copyBack(last);
    } finally {
      release(given);
      release(program.outputs());
      counts = null;
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
    try {
      steps(counts == null ? updates : counted().updates());
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

  private void steps(Code[] steps) {
    for (Code step : steps) {
      switch (step) {
        case Code.Nest n -> n.call.run(memory, start, counters, pool, scratch);
        case Code.Sort s -> s.call.run(memory, start, counters, pool, scratch);
        case Code.Tell t -> t.call.run(memory, start, counters);
        case Code.Loop l -> loop(l);
        case Code.While w -> loop(w);
        case Code.Branch b -> steps(holds(b.holds) ? b.onTrue : b.onFalse);
        case Code.Counted c -> count(c);
      }
    }
  }

  private void count(Code.Counted c) {
    RunCounts to = Objects.requireNonNull(counts);
    long t = to.start();
    steps(c.one);
    to.end(c.place, t);
  }

  private boolean holds(Predicate p) {
    long at = p.offset;
    for (int t = 0; t < p.outer.length; t++) {
      at += p.outer[t] * counters[t];
    }
    return memory[p.buffer].get(ValueLayout.JAVA_BYTE, start[p.buffer] + at) != 0;
  }

  private void loop(Code.Loop l) {
    for (int i = 0; i < l.length; i++) {
      InterruptedRunException.check(program.name(), i);
      counters[l.depth] = l.reverse ? l.length - 1 - i : i;
      steps(l.body);
      exchange(l.swaps);
    }
  }

  private void loop(Code.While w) {
    counters[w.depth] = 0;
    for (long done = 0; !w.bounded || done < w.bound; done++) {
      steps(w.condition);
      if (!holds(w.holds)) {
        return;
      }
      InterruptedRunException.check(program.name(), done);
      steps(w.body);
      exchange(w.swaps);
    }
  }

  private void exchange(int[][] swaps) {
    for (int[] swap : swaps) {
      long a = start[swap[0]];
      start[swap[0]] = start[swap[1]];
      start[swap[1]] = a;
    }
  }
}
