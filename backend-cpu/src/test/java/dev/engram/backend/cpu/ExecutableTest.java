package dev.engram.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.ir.runtime.NativeMemory;
import dev.engram.ir.runtime.NoMemoryError;
import dev.engram.lower.Access;
import dev.engram.lower.Backend;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.FoldOrder;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringException;
import dev.engram.lower.Stmt;
import dev.engram.lower.interpret.LoopInterpreter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Behaviour visible to callers: arguments, memory, threads, the listing. */
final class ExecutableTest {
  private static final int N = 1000;
  private static final LoopProgram ADD = Programs.map(Rows.ADD, DType.F32, DType.F32, N);

  private static HostTensor floats(int n, double value) {
    return HostTensor.full(TensorType.of(DType.F32, n), value);
  }

  @Test
  void isFoundByName() {
    assertTrue(
        ServiceLoader.load(Backend.class).stream()
            .map(ServiceLoader.Provider::get)
            .anyMatch(b -> b instanceof CpuBackend && b.name().equals("cpu")));
  }

  @Test
  @SuppressWarnings("NullAway") // a null argument is the point
  void wrongArgumentsAreNamed() {
    CompiledProgram e = new CpuBackend().compile(ADD);
    HostTensor x = floats(N, 1);
    HostTensor y = floats(N, 0);
    assertEquals("@test: got 1 inputs, expected 2", message(() -> e.run(List.of(x), List.of(y))));
    assertEquals(
        "@test: got 0 outputs, expected 1", message(() -> e.run(List.of(x, x), List.of())));
    assertEquals(
        "@test: input 1 has type f32[3], expected f32[1000]",
        message(() -> e.run(List.of(x, floats(3, 0)), List.of(y))));
    assertEquals(
        "@test: input 0 is null", message(() -> e.run(Arrays.asList(null, x), List.of(y))));
    assertEquals(
        "@test: output 0 has the memory of input 1, expected memory of its own",
        message(() -> e.run(List.of(x, y), List.of(y))));
    e.run(List.of(x, x), List.of(y));
    assertEquals(2, y.getDouble(N - 1));
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 60})
  void everyResultHasMemoryOfItsOwn(int n) {
    Programs p = new Programs();
    Stmt[] steps = new Stmt[n];
    for (int i = 0; i < n; i++) {
      Instr load = new Instr.Load(DType.F32, Programs.access(p.input(DType.F32, 2), List.of(), 1));
      Instr twice = new Instr.Apply(Rows.ADD, DType.F32, List.of(0, 0));
      Access to = Programs.access(p.output(DType.F32, 2), List.of(), 1);
      steps[i] =
          Programs.nest("add", new int[] {2}, load, twice, new Instr.Store(DType.F32, to, 1));
    }
    CompiledProgram e = new CpuBackend().compile(p.of(steps));
    List<HostTensor> in = IntStream.range(0, n).mapToObj(_ -> floats(2, 1)).toList();
    List<HostTensor> out = IntStream.range(0, n).mapToObj(_ -> floats(2, 0)).toList();
    e.run(in, out);
    assertEquals(2, out.getLast().getDouble(1));
    List<HostTensor> twice = new ArrayList<>(out);
    twice.set(n - 1, out.get(1));
    assertEquals(
        "@test: output %d has the memory of output 1, expected memory of its own".formatted(n - 1),
        message(() -> e.run(in, twice)));
    List<HostTensor> over = new ArrayList<>(out);
    over.set(n - 1, in.getFirst());
    assertEquals(
        "@test: output %d has the memory of input 0, expected memory of its own".formatted(n - 1),
        message(() -> e.run(in, over)));
  }

  @Test
  void boundInputsAreThoseOfEachBinding() {
    CompiledProgram e = new CpuBackend().compile(ADD);
    CompiledProgram ten = e.bind(List.of(floats(N, 10)));
    CompiledProgram heap =
        e.bind(
            List.of(
                HostTensor.wrap(TensorType.of(DType.F32, N), MemorySegment.ofArray(new float[N]))));
    HostTensor y = floats(N, 0);
    for (int i = 0; i < 3; i++) {
      ten.run(List.of(floats(N, i)), List.of(y));
      assertEquals(i + 10, y.getDouble(N - 1));
      if (i == 1) {
        e.run(List.of(floats(N, 3), floats(N, 4)), List.of(y));
        assertEquals(7, y.getDouble(N - 1));
        heap.run(List.of(floats(N, 5)), List.of(y));
        assertEquals(5, y.getDouble(N - 1));
      }
    }
    assertEquals(
        "@test: got 2 inputs, expected 1",
        message(() -> ten.run(List.of(y, floats(N, 0)), List.of(floats(N, 0)))));
    assertEquals(
        "@test: bound input 0 has type f32[3], expected f32[1000]",
        message(() -> e.bind(List.of(floats(3, 0)))));
  }

  private static String message(org.junit.jupiter.api.function.Executable run) {
    return assertThrows(LoweringException.class, run).getMessage();
  }

  @Test
  void anyMemoryWill() {
    TensorType type = TensorType.of(DType.F32, N);
    HostTensor heap = HostTensor.wrap(type, MemorySegment.ofArray(new float[N]));
    HostTensor exact = HostTensor.wrap(type, Arena.ofAuto().allocate(4L * N, 4));
    HostTensor out = HostTensor.wrap(type, MemorySegment.ofArray(new float[N]));
    for (int i = 0; i < N; i++) {
      heap.setDouble(i, i);
      exact.setDouble(i, 0.5);
    }
    for (Vectors v : new Vectors[] {Vectors.OFF, Vectors.FORCE_512}) {
      new CpuBackend(new CpuOptions(1, v)).compile(ADD).run(List.of(heap, exact), List.of(out));
      assertEquals(999.5, out.getDouble(N - 1));
      out.setDouble(N - 1, 0);
    }
  }

  @Test
  void callersWaitForEachOther() throws Exception {
    LoopProgram p =
        MatmulTest.program(
            new MatmulTest.Shape(
                DType.F32, 1, 64, 33, 65, false, true, false, true, FoldOrder.PLAIN, 1));
    List<HostTensor> in = MatmulTest.inputs(p, new Random(3));
    List<HostTensor> want = LoopInterpreter.run(p, in);
    CpuBackend backend = new CpuBackend(new CpuOptions(2, Vectors.AUTO));
    CompiledProgram shared = backend.compile(p);
    try (ExecutorService pool = Executors.newFixedThreadPool(3)) {
      List<Future<?>> all =
          IntStream.range(0, 3)
              .<Future<?>>mapToObj(
                  t ->
                      pool.submit(
                          () -> {
                            CompiledProgram e = t == 2 ? backend.compile(p) : shared;
                            for (int i = 0; i < 200; i++) {
                              Comparison.same(p, want, Comparison.run(e, p, in));
                            }
                          }))
              .toList();
      for (Future<?> f : all) {
        f.get();
      }
    }
  }

  @Test
  void steadyRunsDoNotAllocate() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    List<HostTensor> in = List.of(floats(N, 1), floats(N, 2));
    List<HostTensor> out = List.of(floats(N, 0));
    CompiledProgram e = new CpuBackend(new CpuOptions(1, Vectors.OFF)).compile(ADD);
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 20_000; i++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      e.run(in, out);
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertEquals(0, least);
    long before = threads.getCurrentThreadAllocatedBytes();
    byte[] seen = new byte[100];
    long after = threads.getCurrentThreadAllocatedBytes();
    assertTrue(after - before >= seen.length, "the counter counts");
  }

  /** Each of them finds an arena that was used before. */
  @Test
  void norDoThoseOfSeveralThreads() throws Exception {
    ThreadMXBean counter = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    CompiledProgram e = new CpuBackend(new CpuOptions(1, Vectors.OFF)).compile(ADD);
    List<HostTensor> in = List.of(floats(N, 1), floats(N, 2));
    int n = 4;
    int runs = 20_000;
    AtomicLong quiet = new AtomicLong();
    together(
        n,
        () -> {
          List<HostTensor> out = List.of(floats(N, 0));
          for (int i = 0; i < runs; i++) {
            long before = counter.getCurrentThreadAllocatedBytes();
            e.run(in, out);
            if (counter.getCurrentThreadAllocatedBytes() == before) {
              quiet.incrementAndGet();
            }
          }
          return out;
        });
    assertTrue(quiet.get() > 0.9 * n * runs, quiet + " runs of " + n * runs);
  }

  private static void together(int threads, Callable<?> body) throws Exception {
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (Future<?> f : pool.invokeAll(Collections.nCopies(threads, body))) {
        f.get();
      }
    }
  }

  /** x + 1 by way of an arena of 4 MB, once all threads have come. */
  private static LoopProgram meeting(int n, CyclicBarrier all, ThreadLocal<Boolean> met) {
    ElementwiseRow row =
        ElementwiseRow.of(
            "meeting",
            1,
            (x, _, _) -> {
              if (!met.get()) {
                met.set(true);
                await(all);
              }
              return x + 1;
            },
            Rows.TANH.domain(),
            List.of((x, _) -> x.getFirst().like(1)));
    Programs p = new Programs();
    Access from = Programs.access(p.input(DType.F32, n), List.of(), 1);
    Access by = Programs.access(p.arena(DType.F32, n), List.of(), 1);
    Access to = Programs.access(p.output(DType.F32, n), List.of(), 1);
    int[] axes = {n};
    return p.of(
        "meeting",
        Programs.nest(
            "meet",
            axes,
            new Instr.Load(DType.F32, from),
            new Instr.Apply(row, DType.F32, List.of(0)),
            new Instr.Store(DType.F32, by, 1)),
        Programs.nest(
            "copy", axes, new Instr.Load(DType.F32, by), new Instr.Store(DType.F32, to, 0)));
  }

  private static void await(CyclicBarrier all) {
    try {
      all.await(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** How many can be reached, as the error for want of memory tells after it collected garbage. */
  private static int arenasOfMeetings() {
    String held =
        assertThrows(NoMemoryError.class, () -> NativeMemory.allocate(1L << 60, 64)).getMessage();
    Matcher arenas = Pattern.compile("the arena of @meeting \\((\\d+)\\)").matcher(held);
    return arenas.find() ? Integer.parseInt(arenas.group(1)) : 0;
  }

  @Test
  void aBurstOfThreadsLeavesOneArena() throws Exception {
    int n = 1 << 20;
    int threads = 8;
    HostTensor x = floats(n, 1);
    ThreadLocal<Boolean> met = ThreadLocal.withInitial(() -> false);
    AtomicInteger atOnce = new AtomicInteger();
    CyclicBarrier all = new CyclicBarrier(threads, () -> atOnce.set(arenasOfMeetings()));
    CompiledProgram e =
        new CpuBackend(new CpuOptions(1, Vectors.OFF)).compile(meeting(n, all, met));
    List<HostTensor> results = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      results.add(floats(n, 0));
    }
    AtomicInteger next = new AtomicInteger();
    together(
        threads,
        () -> {
          e.run(List.of(x), List.of(results.get(next.getAndIncrement())));
          return x;
        });
    assertEquals(threads, atOnce.get());
    for (HostTensor y : results) {
      assertEquals(2, y.getDouble(n - 1));
    }
    for (int i = 0; i < 20 && arenasOfMeetings() > 1; i++) {
      Thread.sleep(20);
    }
    assertEquals(1, arenasOfMeetings(), "arenas are kept while nobody runs");
    met.set(true);
    e.run(List.of(x), List.of(results.getFirst()));
    assertEquals(1, arenasOfMeetings(), "the next run has that arena");
  }

  @Test
  void theListingShowsBytecode() {
    String text = new CpuBackend(new CpuOptions(1, Vectors.FORCE_256)).compile(ADD).disassemble();
    assertTrue(text.contains("nest add"), text);
    assertTrue(text.toLowerCase(Locale.ROOT).contains("fadd"), text);
    assertTrue(text.contains("FloatVector"), text);
  }

  @Test
  void optionsAreChecked() {
    assertThrows(EngramException.class, () -> new CpuOptions(0, Vectors.AUTO));
    assertEquals(
        "engram.threads is 'many', expected a number of at least 1",
        assertThrows(EngramException.class, () -> CpuOptions.of("many", "auto")).getMessage());
    assertThrows(EngramException.class, () -> CpuOptions.of("1", "on"));
    assertEquals(new CpuOptions(3, Vectors.FORCE_256), CpuOptions.of("3", "256"));
  }
}
