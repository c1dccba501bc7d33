package dev.engram.backend.cpu.run;

import dev.engram.backend.cpu.run.ProgramRun.Code;
import dev.engram.backend.cpu.run.ProgramRun.Predicate;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes the code of steps, for one thread at a time. */
final class StepCode {
  private final LoopProgram program;
  private final KernelCache kernels;
  private final WorkerPool pool;
  private final MemorySegment[] memory;

  /** Calls of which others for the same nests are made, by place. */
  private final Map<Integer, NestCall> known;

  private final Map<Integer, NestCall> made = new HashMap<>();
  private final List<NestCall> nests = new ArrayList<>();
  private final BitSet trading = new BitSet();
  private int deepest;

  /** How many nests have got their place in the program, whether they have code or not. */
  private int places;

  /**
   * For the steps of a program, in order.
   *
   * @param memory of the buffers in all runs
   */
  StepCode(LoopProgram program, KernelCache kernels, WorkerPool pool, MemorySegment[] memory) {
    this.program = program;
    this.kernels = kernels;
    this.pool = pool;
    this.memory = memory;
    this.known = Map.of();
  }

  /**
   * For some of its steps again, with the same code.
   *
   * @param places nests and sorts in front of the first of them
   */
  private StepCode(StepCode other, int places) {
    this.program = other.program;
    this.kernels = other.kernels;
    this.pool = other.pool;
    this.memory = other.memory;
    this.known = other.made;
    this.places = places;
  }

  /** The nests that have code, in the order of the steps. */
  List<NestCall> nests() {
    return List.copyOf(nests);
  }

  /** Buffers that trade places in loops. */
  int[] trading() {
    return trading.stream().toArray();
  }

  /** The number of loops around the innermost step. */
  int depth() {
    return deepest;
  }

  /**
   * The code of steps.
   *
   * @param depth loops around them
   */
  Code[] code(List<Stmt> steps, int depth) {
    deepest = Math.max(deepest, depth);
    List<Code> out = new ArrayList<>();
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Nest n -> {
          int place = places++;
          if (n.axes().stream().allMatch(a -> a.reduce() || a.length() > 0)) {
            NestCall same = known.get(place);
            NestCall call =
                same == null
                    ? StepTypes.making(program, n, () -> new NestCall(n, kernels, pool))
                    : new NestCall(same, pool);
            made.put(place, call);
            nests.add(call);
            out.add(new Code.Nest(call, place));
          }
        }
        case Stmt.Sort o -> {
          SortCall call = StepTypes.making(program, o, () -> new SortCall(o, pool));
          out.add(new Code.Sort(call, places++));
        }
        case Stmt.Tell t -> out.add(new Code.Tell(new HostCall(t)));
        case Stmt.Loop l when l.parallel() -> out.add(parallel(l, depth));
        case Stmt.Loop l ->
            out.add(
                new Code.Loop(
                    depth, l.length(), l.reverse(), code(l.body(), depth + 1), swaps(l.swaps())));
        case Stmt.While w ->
            out.add(
                new Code.While(
                    depth,
                    code(w.condition(), depth + 1),
                    Predicate.of(w.predicate()),
                    code(w.body(), depth + 1),
                    swaps(w.swaps()),
                    w.bound().isPresent(),
                    w.bound().orElse(0)));
        case Stmt.Branch b ->
            out.add(
                new Code.Branch(
                    Predicate.of(b.predicate()),
                    code(b.onTrue(), depth),
                    code(b.onFalse(), depth)));
      }
    }
    return out.toArray(Code[]::new);
  }

  // Each thread has calls of its own: they know where the data of the nests is.
  private Code parallel(Stmt.Loop l, int depth) {
    int first = places;
    ParallelLoop.Body body = body(l, depth);
    swaps(l.swaps());
    ParallelLoop loop =
        new ParallelLoop(
            program.name(),
            depth,
            l.length(),
            body,
            () -> new StepCode(this, first).body(l, depth),
            memory,
            pool);
    return new Code.Parallel(loop, false);
  }

  private ParallelLoop.Body body(Stmt.Loop l, int depth) {
    int before = nests.size();
    Code[] code = code(l.body(), depth + 1);
    return new ParallelLoop.Body(code, List.copyOf(nests.subList(before, nests.size())));
  }

  private int[][] swaps(List<Stmt.Swap> swaps) {
    for (Stmt.Swap w : swaps) {
      trading.set(w.a());
      trading.set(w.b());
    }
    return swaps.stream().map(w -> new int[] {w.a(), w.b()}).toArray(int[][]::new);
  }
}
