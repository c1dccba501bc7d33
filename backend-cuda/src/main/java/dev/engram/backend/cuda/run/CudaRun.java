package dev.engram.backend.cuda.run;

import dev.engram.backend.cuda.driver.CudaException;
import dev.engram.backend.cuda.driver.Driver;
import dev.engram.backend.cuda.driver.Task;
import dev.engram.backend.cuda.text.CudaKernel;
import dev.engram.backend.cuda.text.Launches;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.InterruptedRunException;
import dev.engram.ir.RunException;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.lower.BrokenUpdateException;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.profile.RunCounts;
import dev.engram.lower.run.HostSteps;
import dev.engram.lower.split.Exchange;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** One run of a program at a time, with memory of its own for what is computed on the way. */
final class CudaRun extends HostSteps {
  private static final long NO_LAUNCH = -1;

  /** The most turns of a while loop in a launch. */
  private static final int MOST_TURNS = 1 << 20;

  /** A launch of so long is long enough. */
  private static final long LONG_NANOS = 20_000_000;

  private static final byte ALL_ONES = (byte) 0xFF;

  private final CudaProgram owner;
  private final LoopProgram program;
  private final WatchedDriver driver;
  private final Map<Part, RecordedPart> recorded = new IdentityHashMap<>();

  /** Parts that were launched one by one, at least up to an error. */
  private final Set<Part> begun = Collections.newSetFromMap(new IdentityHashMap<>());

  /** The addresses of the buffers in the run of now. */
  private final long[] memory;

  private final RunMemory own;

  /** Launches in the run of now that may fail. */
  private final Launches checked = new Launches();

  private Optional<RunCounts> counts = Optional.empty();

  /** Where tasks go that are not to be done now. */
  private Optional<Recording> recording = Optional.empty();

  CudaRun(CudaProgram owner) {
    super(owner.program().name());
    this.owner = owner;
    this.program = owner.program();
    this.driver = owner.device().driver();
    this.memory = new long[program.buffers().size()];
    this.own = new RunMemory(owner, this);
  }

  void run(
      List<Long> inputs,
      List<Long> outputs,
      Supplier<List<Long>> updates,
      Optional<RunCounts> counting) {
    own.take(this::start);
    place(inputs, outputs);
    checked.keep(0);
    counts = counting;
    run(owner.first());
    check();
    if (owner.updates().steps().isEmpty()) {
      return;
    }
    List<Long> last = updates.get();
    try {
      for (int i = 0; i < last.size(); i++) {
        if (program.inPlace(i).isPresent()) {
          memory[program.outputs().get(i)] = last.get(i);
        }
      }
      run(owner.updates());
    } catch (Throwable t) {
      throw new BrokenUpdateException(program.name(), t);
    }
  }

  /** Launches one by one what comes for the first time, and as a graph what comes again. */
  private void run(Part part) {
    if (!part.recordable() || counts.isPresent() || owner.device().sync()) {
      run(part.steps());
      return;
    }
    RecordedPart known = recorded.get(part);
    if (known == null && begun.add(part)) {
      run(part.steps());
      return;
    }
    if (part.loops()) {
      InterruptedRunException.check(program.name(), 0);
    }
    if (known == null) {
      record(part).ifPresentOrElse(made -> run(part, made), () -> run(part.steps()));
    } else {
      run(part, known);
    }
  }

  /** Runs a graph; where it cannot be started, nothing of it has run. */
  private void run(Part part, RecordedPart graph) {
    boolean started = false;
    try {
      graph.run(memory);
      started = true;
    } catch (CudaException e) {
      if (e.lasts()) {
        throw e;
      }
    } finally {
      if (!started) {
        // Some of its launches may have new addresses.
        recorded.remove(part);
        graph.close();
      }
    }
    if (started) {
      checked.addAll(graph.checked());
    } else {
      run(part.steps());
    }
  }

  /** Makes a graph, unless there is no memory for it or the like: then nothing has happened. */
  private Optional<RecordedPart> record(Part part) {
    long[] before = memory.clone();
    int earlier = checked.size();
    recording = Optional.of(new Recording(memory.length));
    try {
      run(part.steps());
      Recording r = recording.get();
      Driver.Graph graph = driver.graph(r.tasks);
      RecordedPart made =
          new RecordedPart(
              graph,
              r.nodes,
              checked.since(earlier),
              before,
              r.origin,
              owner.device().memory().hold(this, graph::close));
      recorded.put(part, made);
      return Optional.of(made);
    } catch (CudaException e) {
      if (e.lasts()) {
        throw e;
      }
      return Optional.empty();
    } finally {
      recording = Optional.empty();
      checked.keep(earlier);
      System.arraycopy(before, 0, memory, 0, memory.length);
    }
  }

  /** The tasks of a part. */
  private static final class Recording {
    final List<Task> tasks = new ArrayList<>();
    final List<RecordedPart.Node> nodes = new ArrayList<>();

    /** Whose memory, as it was when the part began, each buffer has now. */
    final int[] origin;

    Recording(int buffers) {
      origin = new int[buffers];
      Arrays.setAll(origin, b -> b);
    }
  }

  private void place(List<Long> inputs, List<Long> outputs) {
    long base = own.arena();
    for (int b = 0; b < memory.length; b++) {
      memory[b] =
          switch (program.buffers().get(b).place()) {
            case LoopBuffer.Place.Input p -> inputs.get(p.index());
            case LoopBuffer.Place.Output p -> outputs.get(p.index());
            case LoopBuffer.Place.Arena p -> base + p.offset();
            case LoopBuffer.Place.Constant _ -> owner.constant(b);
          };
    }
  }

  /** The record of failures, cleared for the first check of a run. */
  private long failure() {
    long at = own.failure();
    if (checked.isEmpty()) {
      Task clear = new Task.Fill(at, ALL_ONES, RunMemory.FAILURE_BYTES);
      recording.ifPresentOrElse(r -> r.tasks.add(clear), () -> start(clear));
    }
    return at;
  }

  @Override
  protected int together(Stmt first) {
    return owner.together(first);
  }

  @Override
  protected void launch(Stmt first) {
    CudaProgram.Code code = owner.code(first);
    CudaKernel k = code.kernel();
    if (k.blocks() == 0) {
      return;
    }
    if (k.isWhile()) {
      repeat(code, (Stmt.While) first);
      return;
    }
    if (recording.isPresent()) {
      Recording r = recording.get();
      LaunchParams params = params(code, 0, Arena.ofAuto());
      Task.Launch launch = launch(code, params);
      int[] buffers = k.buffers().stream().mapToInt(b -> r.origin[b]).toArray();
      r.nodes.add(new RecordedPart.Node(r.tasks.size(), launch, params, buffers));
      r.tasks.add(launch);
    } else {
      try (Arena call = Arena.ofConfined()) {
        long nanos = timed(k, launch(code, params(code, 0, call)));
        counts.ifPresent(c -> count(c, k, 0, true, nanos));
      }
    }
    code.exchange().ifPresent(this::exchange);
  }

  /**
   * Turns of a loop, some in each launch, more and more of them while a launch takes a short time:
   * then the host sees whether a check has failed, and whether the run is interrupted.
   */
  private void repeat(CudaProgram.Code code, Stmt.While loop) {
    long left = loop.bound().map(Integer::longValue).orElse(Long.MAX_VALUE);
    long done = 0;
    long most = 1;
    while (left > 0) {
      long start = System.nanoTime();
      int asked = (int) Math.min(most, left);
      try (Arena call = Arena.ofConfined()) {
        long nanos = timed(code.kernel(), launch(code, params(code, asked, call)));
        MemorySegment said = call.allocate(CudaKernel.TURNS_BYTES, Long.BYTES);
        driver.copyToHost(said, own.turns());
        int n = said.get(ValueLayout.JAVA_INT, 0);
        boolean ended = said.get(ValueLayout.JAVA_INT, Integer.BYTES) == 0;
        counts.ifPresent(c -> count(c, code.kernel(), n, ended, nanos));
        check();
        exchange(Exchange.of(loop, n));
        done += n;
        left = ended ? 0 : left - n;
        if (n > 0) {
          InterruptedRunException.check(program.name(), done);
        }
      }
      if (System.nanoTime() - start < LONG_NANOS) {
        most = Math.min(MOST_TURNS, 2 * most);
      }
    }
  }

  /** Buffers lie where the loops in a kernel have left them. */
  private void exchange(Exchange made) {
    int[] from = made.from(memory.length);
    long[] before = memory.clone();
    Arrays.setAll(memory, b -> before[from[b]]);
    if (recording.isPresent()) {
      int[] origin = recording.get().origin;
      int[] earlier = origin.clone();
      Arrays.setAll(origin, b -> earlier[from[b]]);
    }
  }

  /** A kernel may be brought to the card by its first launch, which takes memory. */
  private void start(Task task) {
    owner
        .device()
        .memory()
        .withRoom(
            () -> {
              driver.run(task);
              return task;
            },
            () -> "memory for a kernel of @" + program.name());
  }

  private static Task.Launch launch(CudaProgram.Code code, LaunchParams params) {
    CudaKernel k = code.kernel();
    return new Task.Launch(
        code.function(), code.blocks(), k.threads(), k.cooperative(), params.addresses());
  }

  /**
   * @param most turns of a while loop
   */
  private LaunchParams params(CudaProgram.Code code, int most, Arena arena) {
    CudaKernel k = code.kernel();
    LaunchParams params = new LaunchParams(arena, k.params());
    int n = 0;
    for (int b : k.buffers()) {
      params.setLong(n++, memory[b]);
    }
    for (long _ : k.scratchBytes()) {
      params.setLong(n++, own.scratch());
    }
    if (k.cooperative()) {
      params.setLong(n++, own.barrier());
    }
    if (k.branches() > 0) {
      params.setLong(n++, own.taken());
    }
    for (int t : k.loops()) {
      params.setInt(n++, (int) counters()[t]);
    }
    if (k.checks()) {
      params.setLong(n++, failure());
      params.setLong(n++, checked.add(k.steps()));
    }
    if (k.isWhile()) {
      params.setLong(n++, own.turns());
      params.setInt(n++, most);
    }
    return params;
  }

  /** Starts it; while runs are counted, one that is timed is waited for, and its time returned. */
  private long timed(CudaKernel k, Task.Launch launch) {
    if (counts.isPresent() && k.branches() > 0) {
      start(new Task.Fill(own.taken(), (byte) 0, bytesOfBranches(k)));
    }
    boolean timed = counts.map(RunCounts::isTimed).orElse(false);
    if (!timed) {
      start(launch);
      return 0;
    }
    driver.synchronize();
    long start = System.nanoTime();
    start(launch);
    driver.synchronize();
    return System.nanoTime() - start;
  }

  private void count(RunCounts c, CudaKernel k, int turns, boolean ended, long nanos) {
    int[] often = new int[k.branches()];
    if (often.length > 0) {
      try (Arena call = Arena.ofConfined()) {
        MemorySegment said = call.allocate(bytesOfBranches(k), Long.BYTES);
        driver.copyToHost(said, own.taken());
        Arrays.setAll(often, i -> said.getAtIndex(ValueLayout.JAVA_INT, i));
      }
    }
    StepCounts.of(k.steps(), turns, ended, often).add(c, owner.traffic().rows(), k.place(), nanos);
  }

  private static long bytesOfBranches(CudaKernel k) {
    return (long) k.branches() * Integer.BYTES;
  }

  /** Waits, where something was checked, and throws what the first check that failed says. */
  private void check() {
    if (checked.isEmpty()) {
      return;
    }
    try (Arena call = Arena.ofConfined()) {
      MemorySegment f = call.allocate(RunMemory.FAILURE_BYTES, Long.BYTES);
      driver.copyToHost(f, own.failure());
      long launch = f.get(ValueLayout.JAVA_LONG, 0);
      if (launch == NO_LAUNCH) {
        checked.keep(0);
        return;
      }
      Stmt.Nest nest = checked.nest(launch);
      int instruction = f.get(ValueLayout.JAVA_INT, 32);
      Instr.Check c =
          (Instr.Check)
              Stream.concat(nest.body().stream(), nest.epilogue().stream())
                  .toList()
                  .get(instruction);
      String at = Shape.of(c.dims()).indices(f.get(ValueLayout.JAVA_LONG, 24));
      throw new RunException(c.op().message(at, f.get(ValueLayout.JAVA_LONG, 16), c.where()));
    }
  }

  /** A check that failed before a notice would have kept it from being told. */
  @Override
  protected void beforeNotice() {
    check();
  }

  @Override
  protected LongUnaryOperator elements(int buffer, long first, long last) {
    check();
    DType dtype = program.buffers().get(buffer).type().dtype();
    HostTensor some = HostTensor.allocate(TensorType.of(dtype, Math.toIntExact(last - first + 1)));
    driver.copyToHost(some.segment(), memory[buffer] + first * dtype.bytes());
    return at -> some.bits(at - first);
  }

  @Override
  protected void setElement(int buffer, long at, long bits) {
    HostTensor one =
        HostTensor.fill(TensorType.of(program.buffers().get(buffer).type().dtype()), bits);
    driver.copyToCard(memory[buffer] + at * one.dtype().bytes(), one.segment());
  }

  @Override
  protected void swap(Stmt.Swap s) {
    long a = memory[s.a()];
    memory[s.a()] = memory[s.b()];
    memory[s.b()] = a;
    if (recording.isPresent()) {
      int[] origin = recording.get().origin;
      int o = origin[s.a()];
      origin[s.a()] = origin[s.b()];
      origin[s.b()] = o;
    }
  }
}
