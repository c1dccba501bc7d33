package dev.engram.backend.cpu.run;

import dev.engram.backend.cpu.CpuOptions;
import dev.engram.backend.cpu.code.Disassembly;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.runtime.NativeMemory;
import dev.engram.lower.Access;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringException;
import dev.engram.lower.Stmt;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A compiled program: its steps with code for every nest, and its memory. */
public final class CpuProgram implements CompiledProgram {
  private static final MemorySegment NONE = MemorySegment.NULL;

  private final LoopProgram program;
  private final WorkerPool pool;
  private final CpuOptions.Vectors vectors;
  private final List<NestCall> nests = new ArrayList<>();
  private final Code[] code;
  private final ReentrantLock oneRun = new ReentrantLock();

  // The state of a run; all of it is reused by later runs.
  private boolean allocated;
  private final MemorySegment[] memory;
  private final long[] start;
  private final @Nullable MemorySegment[] staging;
  private final int[] counters;

  /** Buffers that are swapped in loops. */
  private final BitSet trading = new BitSet();

  private final int[] moving;

  /** The binding whose inputs are in {@link #memory}, if any. */
  private @Nullable Bound bound;

  private final Scratch scratch = new Scratch();
  private final TieringBudget trials;

  /** A step with code. */
  private sealed interface Code {
    record Nest(NestCall call) implements Code {}

    record Sort(SortCall call) implements Code {}

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
  private record Predicate(int buffer, long offset, long[] outer) {
    static Predicate of(Access a) {
      return new Predicate(
          a.buffer(),
          a.at().offset(),
          a.at().outer().stream().mapToLong(Long::longValue).toArray());
    }
  }

  public CpuProgram(LoopProgram program, KernelCache kernels, WorkerPool pool) {
    this.program = program;
    this.pool = pool;
    this.vectors = kernels.vectors();
    this.trials = kernels.trials();
    int n = program.buffers().size();
    this.memory = new MemorySegment[n];
    this.start = new long[n];
    this.staging = new MemorySegment[n];
    int[] deepest = {0};
    this.code = code(program.steps(), 0, deepest, kernels);
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

  // Allocated on the first run: zeroing the memory of a long sequence takes longer than writing the
  // code.
  private void allocate() {
    MemorySegment arena = allocate(program.arenaBytes());
    for (int b = 0; b < memory.length; b++) {
      memory[b] =
          switch (program.buffers().get(b).place()) {
            case LoopBuffer.Place.Arena _ -> arena;
            case LoopBuffer.Place.Constant c -> {
              MemorySegment own = allocate(c.value().type().bytes());
              yield own.copyFrom(c.value().segment());
            }
            case LoopBuffer.Place.Input _, LoopBuffer.Place.Output _ -> NONE;
          };
    }
    allocated = true;
  }

  private static MemorySegment allocate(long bytes) {
    return NativeMemory.allocate(bytes + HostTensor.SLACK, HostTensor.ALIGNMENT);
  }

  /** Returns the nests that have code, in program order. */
  public List<NestCall> nests() {
    return nests;
  }

  private Code[] code(List<Stmt> steps, int depth, int[] deepest, KernelCache kernels) {
    deepest[0] = Math.max(deepest[0], depth);
    List<Code> out = new ArrayList<>();
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Nest n -> {
          if (n.axes().stream().allMatch(a -> a.reduce() || a.length() > 0)) {
            NestCall call = new NestCall(n, kernels);
            nests.add(call);
            out.add(new Code.Nest(call));
          }
        }
        case Stmt.Sort o -> out.add(new Code.Sort(new SortCall(o)));
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

  @Override
  public void run(List<HostTensor> inputs, List<HostTensor> outputs) {
    run(inputs, outputs, null);
  }

  @Override
  public CompiledProgram bind(List<HostTensor> last) {
    int from = program.inputs().size() - last.size();
    if (from < 0) {
      throw new LoweringException(
          "@%s: got %d inputs to bind, expected at most %d"
              .formatted(program.name(), last.size(), program.inputs().size()));
    }
    List<Integer> buffers = program.inputs().subList(from, program.inputs().size());
    require("bound input", last, buffers);
    return new Bound(List.copyOf(last), program.inputs().subList(0, from), buffers);
  }

  /** This code with its last inputs bound. */
  private final class Bound implements CompiledProgram {
    private final List<HostTensor> last;
    private final List<Integer> first;
    private final List<Integer> buffers;

    Bound(List<HostTensor> last, List<Integer> first, List<Integer> buffers) {
      this.last = last;
      this.first = first;
      this.buffers = buffers;
    }

    @Override
    public void run(List<HostTensor> inputs, List<HostTensor> outputs) {
      CpuProgram.this.run(inputs, outputs, this);
    }

    @Override
    public String disassemble() {
      return CpuProgram.this.disassemble();
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
    bound = to;
    if (to != null) {
      bind(to.last, to.buffers, true);
    }
  }

  private void run(List<HostTensor> inputs, List<HostTensor> outputs, @Nullable Bound to) {
    List<Integer> given = to == null ? program.inputs() : to.first;
    require("input", inputs, given);
    require("output", outputs, program.outputs());
    apart(inputs, outputs);
    if (oneRun.isHeldByCurrentThread()) {
      throw new RunException(
          "@%s is running: a hook called by a program must not call it".formatted(program.name()));
    }
    oneRun.lock();
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
      steps(code);
      trials.ran(System.nanoTime() - t);
      copyBack(outputs);
    } finally {
      release(given);
      release(program.outputs());
      oneRun.unlock();
    }
  }

  private void require(String what, List<HostTensor> got, List<Integer> buffers) {
    if (got.size() != buffers.size()) {
      throw new LoweringException(
          "@%s: got %d %ss, expected %d"
              .formatted(program.name(), got.size(), what, buffers.size()));
    }
    for (int i = 0; i < buffers.size(); i++) {
      HostTensor t = got.get(i);
      if (t == null) {
        throw new LoweringException("@%s: %s %d is null".formatted(program.name(), what, i));
      }
      LoopBuffer b = program.buffers().get(buffers.get(i));
      if (!t.type().equals(b.type())) {
        throw new LoweringException(
            "@%s: %s %d has type %s, expected %s"
                .formatted(program.name(), what, i, t.type(), b.type()));
      }
    }
  }

  @SuppressWarnings("ReferenceEquality") // it is about the same memory
  private void apart(List<HostTensor> inputs, List<HostTensor> outputs) {
    for (int i = 0; i < outputs.size(); i++) {
      HostTensor o = outputs.get(i);
      for (int k = 0; k < inputs.size(); k++) {
        if (inputs.get(k) == o) {
          throw shared("input", k, i);
        }
      }
      for (int k = 0; k < i; k++) {
        if (outputs.get(k) == o) {
          throw shared("output", k, i);
        }
      }
    }
  }

  private LoweringException shared(String what, int k, int output) {
    return new LoweringException(
        "@%s: output %d is the same tensor as %s %d, expected one of its own"
            .formatted(program.name(), output, what, k));
  }

  // Vector loads of a row's tail may read past its end, so memory without slack is copied.
  private void bind(List<HostTensor> tensors, List<Integer> buffers, boolean copy) {
    for (int i = 0; i < buffers.size(); i++) {
      int b = buffers.get(i);
      HostTensor t = tensors.get(i);
      MemorySegment s = t.padded();
      long bytes = t.type().bytes();
      if (s.isNative()
          && s.byteSize() >= bytes + HostTensor.SLACK
          && s.address() % HostTensor.ALIGNMENT == 0) {
        memory[b] = s;
        continue;
      }
      MemorySegment own = staging[b];
      if (own == null) {
        own = allocate(bytes);
        staging[b] = own;
      }
      if (copy) {
        MemorySegment.copy(t.segment(), 0, own, 0, bytes);
      }
      memory[b] = own;
    }
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
      }
    }
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
      counters[l.depth] = l.reverse ? l.length - 1 - i : i;
      steps(l.body);
      exchange(l.swaps);
    }
  }

  private void loop(Code.While w) {
    counters[w.depth] = 0;
    for (int done = 0; !w.bounded || done < w.bound; done += w.bounded ? 1 : 0) {
      steps(w.condition);
      if (!holds(w.holds)) {
        return;
      }
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

  @Override
  public String disassemble() {
    return Disassembly.of(program, nests, vectors);
  }
}
