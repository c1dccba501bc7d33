package dev.engram.tests.cuda;

import dev.engram.backend.cuda.text.CudaKernel;
import dev.engram.backend.cuda.text.CudaSource;
import dev.engram.backend.cuda.text.CudaText;
import dev.engram.backend.cuda.text.Launches;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.lower.BrokenUpdateException;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.HostOperands;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.run.HostSteps;
import dev.engram.lower.split.Exchange;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A program whose kernels run on the stand-in for a card, each with the number of blocks and in the
 * order of threads that are set. A fault of the text is an {@link AssertionError}.
 */
@SuppressWarnings("restricted") // calls what the compiler made
final class StandInProgram implements CompiledProgram {
  /** More blocks than have work to do. */
  static final int MORE = Integer.MAX_VALUE;

  private static final byte POISON = (byte) 0xFF;
  private static final long FAILURE_BYTES = 40;

  /** Turns of a while loop in one launch: so few that tests reach the next. */
  private static final int TURNS = 3;

  /** Threads of kernels whose blocks wait for each other. */
  private static final int AT_ONCE = 1024;

  private final LoopProgram program;
  private final CudaSource source;
  private final StandInUnit.Code code;
  private final Map<Stmt, CudaKernel> kernels = new IdentityHashMap<>();
  private int grid = 3;
  private int order;
  private boolean races = true;

  private StandInProgram(LoopProgram program, CudaSource source, StandInUnit.Code code) {
    this.program = program;
    this.source = source;
    this.code = code;
    source.kernels().forEach(k -> kernels.put(k.steps().getFirst(), k));
  }

  /** Programs that are compiled together. */
  static List<StandInProgram> of(List<LoopProgram> programs, TextOptions options) {
    return of(programs, options, new StandInUnit());
  }

  static List<StandInProgram> of(
      List<LoopProgram> programs, TextOptions options, StandInUnit unit) {
    List<CudaSource> sources = programs.stream().map(p -> CudaText.of(p, options)).toList();
    sources.forEach(unit::add);
    List<StandInUnit.Code> code = unit.build();
    List<StandInProgram> all = new ArrayList<>();
    for (int i = 0; i < programs.size(); i++) {
      all.add(new StandInProgram(programs.get(i), sources.get(i), code.get(i)));
    }
    return all;
  }

  /**
   * How its kernels are launched from now on.
   *
   * @param grid most blocks of a launch, or {@link #MORE}
   * @param order of the threads: 0 forward, 1 backward, more for others
   * @param races whether accesses of different threads to one element are looked for
   */
  StandInProgram launched(int grid, int order, boolean races) {
    this.grid = grid;
    this.order = order;
    this.races = races;
    return this;
  }

  LoopProgram program() {
    return program;
  }

  CudaSource source() {
    return source;
  }

  @Override
  public String disassemble() {
    return source.text();
  }

  @Override
  public void run(
      List<? extends Tensor> inputs,
      List<? extends Tensor> outputs,
      Supplier<? extends List<? extends Tensor>> updates) {
    List<HostTensor> in = HostOperands.of(program, "input", inputs);
    List<HostTensor> out = HostOperands.of(program, "output", outputs);
    try (Arena arena = Arena.ofConfined()) {
      new Run(arena, in, out).steps(() -> HostOperands.of(program, "output", updates.get()));
    }
  }

  /** One run, with memory of its own. */
  private final class Run extends HostSteps {
    private final Arena arena;
    private final MemorySegment[] memory;
    private final MemorySegment failure;
    private final MemorySegment barrier;
    private final MemorySegment turns;
    private final Launches launches = new Launches();
    private final List<HostTensor> outputs;

    Run(Arena arena, List<HostTensor> inputs, List<HostTensor> outputs) {
      super(program.name());
      this.arena = arena;
      this.outputs = outputs;
      this.memory = new MemorySegment[program.buffers().size()];
      MemorySegment own = arena.allocate(Math.max(1, program.arenaBytes()), 64);
      own.fill(POISON);
      failure = arena.allocate(FAILURE_BYTES, 8);
      failure.fill(POISON);
      barrier = arena.allocate(CudaKernel.BARRIER_BYTES, 8);
      turns = arena.allocate(CudaKernel.TURNS_BYTES, 8).fill(POISON);
      for (int b = 0; b < memory.length; b++) {
        LoopBuffer buffer = program.buffers().get(b);
        memory[b] =
            switch (buffer.place()) {
              case LoopBuffer.Place.Input p -> moved(inputs.get(p.index()));
              case LoopBuffer.Place.Output p -> {
                MemorySegment s = arena.allocate(Math.max(1, buffer.type().bytes()), 64);
                s.fill(POISON);
                yield s;
              }
              case LoopBuffer.Place.Arena p -> own.asSlice(p.offset(), buffer.type().bytes());
              case LoopBuffer.Place.Constant p -> moved(p.value());
            };
      }
    }

    private MemorySegment moved(HostTensor t) {
      MemorySegment s = arena.allocate(Math.max(1, t.type().bytes()), 64);
      MemorySegment.copy(t.segment(), 0, s, 0, t.type().bytes());
      return s;
    }

    void steps(Supplier<List<HostTensor>> updates) {
      int first = program.firstUpdate();
      run(program.steps().subList(0, first));
      check();
      if (first < program.steps().size()) {
        List<HostTensor> last = updates.get();
        for (int i = 0; i < last.size(); i++) {
          if (program.inPlace(i).isPresent()) {
            memory[program.outputs().get(i)] = moved(last.get(i));
          }
        }
        try {
          run(program.steps().subList(first, program.steps().size()));
        } catch (RuntimeException e) {
          throw new BrokenUpdateException(program.name(), e);
        }
        read(last);
        return;
      }
      read(outputs);
    }

    private void read(List<HostTensor> to) {
      for (int i = 0; i < to.size(); i++) {
        HostTensor t = to.get(i);
        MemorySegment.copy(memory[program.outputs().get(i)], 0, t.segment(), 0, t.type().bytes());
      }
    }

    @Override
    protected int together(Stmt first) {
      CudaKernel k = kernels.get(first);
      return k == null ? 0 : k.steps().size();
    }

    @Override
    protected void launch(Stmt first) {
      CudaKernel k = kernels.get(first);
      if (k.blocks() == 0) {
        return;
      }
      if (first instanceof Stmt.While w) {
        repeat(k, w);
      } else {
        launch(k, 0);
        exchange(Exchange.of(k.steps()));
      }
    }

    private void repeat(CudaKernel k, Stmt.While w) {
      long left = w.bound().map(Integer::longValue).orElse(Long.MAX_VALUE);
      while (left > 0) {
        launch(k, (int) Math.min(TURNS, left));
        check();
        int n = turns.get(ValueLayout.JAVA_INT, 0);
        exchange(Exchange.of(w, n));
        left = turns.get(ValueLayout.JAVA_INT, Integer.BYTES) == 0 ? 0 : left - n;
      }
    }

    private void exchange(Exchange made) {
      int[] from = made.from(memory.length);
      MemorySegment[] before = memory.clone();
      Arrays.setAll(memory, b -> before[from[b]]);
    }

    private void launch(CudaKernel k, int most) {
      long number = launches.add(k.steps());
      try (Arena call = Arena.ofConfined()) {
        List<MemorySegment> params = new ArrayList<>();
        List<Long> sizes = new ArrayList<>();
        for (int b : k.buffers()) {
          params.add(call.allocateFrom(ValueLayout.ADDRESS, memory[b]));
          sizes.add(program.buffers().get(b).type().size());
        }
        for (long bytes : k.scratchBytes()) {
          params.add(
              call.allocateFrom(
                  ValueLayout.ADDRESS, call.allocate(Math.max(4, bytes), 64).fill(POISON)));
          sizes.add(bytes / 4);
        }
        if (k.cooperative()) {
          params.add(call.allocateFrom(ValueLayout.ADDRESS, barrier));
          sizes.add(0L);
        }
        if (k.branches() > 0) {
          MemorySegment taken = call.allocate(ValueLayout.JAVA_INT, k.branches());
          params.add(call.allocateFrom(ValueLayout.ADDRESS, taken));
          sizes.add(0L);
        }
        for (int t : k.loops()) {
          params.add(call.allocateFrom(ValueLayout.JAVA_INT, (int) counters()[t]));
          sizes.add(0L);
        }
        if (k.checks()) {
          params.add(call.allocateFrom(ValueLayout.ADDRESS, failure));
          params.add(call.allocateFrom(ValueLayout.JAVA_LONG, number));
          sizes.add(0L);
          sizes.add(0L);
        }
        if (k.isWhile()) {
          params.add(call.allocateFrom(ValueLayout.ADDRESS, turns));
          params.add(call.allocateFrom(ValueLayout.JAVA_INT, most));
          sizes.add(0L);
          sizes.add(0L);
        }
        MemorySegment p = call.allocate(ValueLayout.ADDRESS, Math.max(1, params.size()));
        MemorySegment n = call.allocate(ValueLayout.JAVA_LONG, Math.max(1, params.size()));
        for (int i = 0; i < params.size(); i++) {
          p.setAtIndex(ValueLayout.ADDRESS, i, params.get(i));
          n.setAtIndex(ValueLayout.JAVA_LONG, i, sizes.get(i));
        }
        long wanted = grid == MORE ? k.blocks() + 2 : Math.min(k.blocks(), grid);
        int blocks = (int) (k.cooperative() ? Math.min(wanted, AT_ONCE / k.threads()) : wanted);
        int bad =
            (int)
                code.kernels()
                    .get(k.function())
                    .invokeExact(p, n, blocks, k.threads(), order, races ? 1 : 0);
        if (bad != 0) {
          throw code.fault(k.function());
        }
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }

    /** Throws what the first check that failed says. */
    private void check() {
      long launch = failure.get(ValueLayout.JAVA_LONG, 0);
      if (launch == -1) {
        return;
      }
      Stmt.Nest nest = launches.nest(launch);
      List<Instr> instrs = Stream.concat(nest.body().stream(), nest.epilogue().stream()).toList();
      Instr.Check c = (Instr.Check) instrs.get(failure.get(ValueLayout.JAVA_INT, 32));
      String at = Shape.of(c.dims()).indices(failure.get(ValueLayout.JAVA_LONG, 24));
      throw new RunException(c.op().message(at, failure.get(ValueLayout.JAVA_LONG, 16), c.where()));
    }

    @Override
    protected void beforeNotice() {
      check();
    }

    @Override
    protected LongUnaryOperator elements(int buffer, long first, long last) {
      check();
      return HostTensor.wrap(program.buffers().get(buffer).type(), memory[buffer])::bits;
    }

    @Override
    protected void setElement(int buffer, long at, long bits) {
      HostTensor.wrap(program.buffers().get(buffer).type(), memory[buffer]).setBits(at, bits);
    }

    @Override
    protected void swap(Stmt.Swap s) {
      MemorySegment a = memory[s.a()];
      memory[s.a()] = memory[s.b()];
      memory[s.b()] = a;
    }
  }
}
