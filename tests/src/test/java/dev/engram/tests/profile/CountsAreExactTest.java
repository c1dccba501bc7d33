package dev.engram.tests.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Debug;
import dev.engram.Engram;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.inspect.FusionReport;
import dev.engram.lower.inspect.LoopReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls, bytes and operations of nests, as events, are those of the program to the last one. */
class CountsAreExactTest {
  private static final int OUTER = 3;
  private static final int INNER = 7;
  private static final int N = 5;

  /** A loop of 3 in which there is one of 7, and a sort behind both. */
  private static Traced loops(String backend) {
    return Traced.of(
        "loops",
        backend,
        in -> {
          Tensor end =
              Engram.forLoop(
                  0,
                  OUTER,
                  (_, h) -> Engram.forLoop(0, INNER, (_, g) -> g.mul(in.get(1)), h).add(in.get(1)),
                  in.get(0));
          return end.argSort(0, false);
        },
        Traced.ones(N),
        Traced.ones(N));
  }

  /** A loop whose examples are in shares: each of them calls each nest at every step. */
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "card"})
  void sharesAreCounted(String backend) throws Exception {
    Traced t =
        Traced.of(
            "shares",
            backend,
            in -> Engram.forLoop(0, OUTER, (_, h) -> h.mul(in.get(1)).tanh(), in.get(0)),
            Traced.ones(8, 1 << 14),
            Traced.ones(8, 1 << 14));
    List<LoopReport.Row> loops = LoopReport.of(t.code().loops().orElseThrow()).rows();
    assertEquals(List.of(8), loops.stream().map(LoopReport.Row::shares).toList());
    Recorded got = Recorded.of(() -> t.run(4));
    Map<Integer, Long> calls = got.nests("shares", "calls");
    assertEquals(t.expected(4, FusionReport.Row::runs), calls);
    assertEquals(4L * 8 * OUTER, calls.values().stream().max(Long::compare).orElseThrow());
    long nests = got.sum(Recorded.NEST, "shares", "time");
    long runs = got.sum(Recorded.PROGRAM, "shares", "time");
    assertTrue(0 < nests && nests <= runs, nests + " ns of " + runs);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "card"})
  void everyNestIsCountedOncePerTurn(String backend) throws Exception {
    Traced t = loops(backend);
    Recorded got = Recorded.of(() -> t.run(4));
    assertEquals(t.expected(4, FusionReport.Row::runs), got.nests("loops", "calls"));
    assertEquals(t.expected(4, FusionReport.Row::bytes), got.nests("loops", "bytes"));
    assertEquals(t.expected(4, FusionReport.Row::flops), got.nests("loops", "flops"));
    assertNotEquals(t.expected(5, FusionReport.Row::runs), got.nests("loops", "calls"));
    // By hand: the product of the inner loop reads two rows and writes one.
    List<RecordedEvent> products =
        got.of(Recorded.NEST, "loops").stream()
            .filter(e -> e.getString("label").equals("mul"))
            .toList();
    assertEquals(1, products.size());
    RecordedEvent product = products.getFirst();
    // On a card each of the rows is a share.
    long turns = 4L * OUTER * INNER;
    assertEquals(turns * (backend.equals("card") ? N : 1), product.getLong("calls"));
    assertEquals(turns * N, product.getLong("flops"));
    assertEquals(turns * 3 * N * DType.F32.bytes(), product.getLong("bytes"));
    assertEquals(4, got.sum(Recorded.PROGRAM, "loops", "runs"));
    assertEquals(4, got.of(Recorded.RUN, "loops").size());
    RecordedEvent run = got.of(Recorded.RUN, "loops").getFirst();
    assertEquals(backend, run.getString("backend"));
    assertEquals(2L * N * DType.F32.bytes(), run.getLong("inputBytes"));
    assertEquals((long) N * DType.I32.bytes(), run.getLong("outputBytes"));
    assertEquals(t.report().arenaBytes(), run.getLong("arenaBytes"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "card"})
  void linesAreTheUsersOwn(String backend) throws Exception {
    int[] line = {0};
    Traced t =
        Traced.of(
            "lines",
            backend,
            in -> {
              line[0] = SourceLocation.here().line() + 1;
              Tensor y = in.getFirst().matmul(in.getFirst()).tanh();
              return y.sum(0).div(y.max());
            },
            Traced.ones(40, 40));
    Recorded got = Recorded.of(() -> t.run(1));
    Set<String> lines =
        got.of(Recorded.NEST, "lines").stream()
            .map(e -> e.getString("where"))
            .collect(Collectors.toSet());
    assertEquals(
        Set.of("CountsAreExactTest.java:" + line[0], "CountsAreExactTest.java:" + (line[0] + 1)),
        lines);
  }

  /** How often a loop turns and which branch is taken is only known in a run. */
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "card"})
  void turnsAndBranchesAreThoseOfTheRun(String backend) throws Exception {
    Traced t =
        Traced.of(
            "turns",
            backend,
            in -> {
              Tensor far =
                  Engram.whileLoop(
                      (Tensor v) -> v.sum().lt(100), v -> v.add(v).exp().log(), in.getFirst());
              return Engram.cond(far.max().gt(1e6), () -> far.sin(), () -> far.cos());
            },
            Traced.ones(4));
    // 4, 8, …, 128: five turns, six looks at the condition
    Recorded got = Recorded.of(() -> t.run(3));
    assertEquals(3 * 5, calls(got, "add+exp+log"));
    assertEquals(3 * 6, calls(got, "sum+lt"));
    assertEquals(3, calls(got, "cos"));
    assertEquals(0, calls(got, "sin"));
    assertTrue(t.report().rows().stream().anyMatch(r -> r.label().equals("sin")));
  }

  /** The place of a nest is its row of the report, also behind one that has nothing to do. */
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "card"})
  void placesAreRowsOfTheReport(String backend) throws Exception {
    Traced sine = Traced.of("sine", backend, in -> in.getFirst().sin(), Traced.ones(4));
    LoopProgram p = sine.code().loops().orElseThrow();
    Stmt.Nest nest = (Stmt.Nest) p.steps().getFirst();
    Stmt.Nest nothing =
        new Stmt.Nest(
            "nothing", List.of(new Stmt.Axis(0, false)), nest.body(), List.of(), nest.where());
    LoopProgram both =
        new LoopProgram(
            "both", p.buffers(), p.inputs(), p.outputs(), List.of(nothing, nest), p.arenaBytes());
    Traced t = new Traced("both", new Compiler(backend).compile(both), sine.in());
    Recorded got = Recorded.of(() -> t.run(2));
    assertEquals(2L, got.nests("both", "calls").get(1));
    assertEquals(2L * 2 * 4 * DType.F32.bytes(), got.nests("both", "bytes").get(1));
    assertEquals(0L, got.nests("both", "bytes").getOrDefault(0, 0L));
    for (RecordedEvent e : got.of(Recorded.NEST, "both")) {
      assertEquals(t.report().rows().get(e.getInt("nest")).label(), e.getString("label"));
    }
  }

  private static long calls(Recorded got, String label) {
    return got.of(Recorded.NEST, "turns").stream()
        .filter(e -> e.getString("label").equals(label))
        .mapToLong(e -> e.getLong("calls"))
        .sum();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "card"})
  void onlyRunsThatAreRecordedCount(String backend) throws Exception {
    Traced t = loops(backend);
    t.run(3);
    Recorded first = Recorded.of(() -> t.run(5));
    t.run(4);
    Recorded second = Recorded.of(() -> t.run(2));
    assertEquals(5, first.sum(Recorded.PROGRAM, "loops", "runs"));
    assertEquals(2, second.sum(Recorded.PROGRAM, "loops", "runs"));
    assertEquals(t.expected(5, FusionReport.Row::runs), first.nests("loops", "calls"));
    assertEquals(t.expected(2, FusionReport.Row::runs), second.nests("loops", "calls"));
  }

  /** A recording that begins during another sees what happens from then on. */
  @Test
  void recordingsThatOverlapShareNoCounts() throws Exception {
    Traced t = loops("cpu");
    try (Recording outer = Recorded.start()) {
      t.run(3);
      Recorded inner = Recorded.of(() -> t.run(2));
      t.run(1);
      assertEquals(2, inner.sum(Recorded.PROGRAM, "loops", "runs"));
      assertEquals(6, Recorded.stop(outer).sum(Recorded.PROGRAM, "loops", "runs"));
    }
  }

  /** With a period of its own, what comes after the last of them is no part of a recording. */
  @Test
  void periodsAddUp() throws Exception {
    Traced t = loops("cpu");
    try (Recording r = Recorded.start("10 ms")) {
      together(t, 4, 20_000);
      Thread.sleep(200);
      t.run(1);
      Recorded got = Recorded.stop(r);
      assertTrue(got.of(Recorded.PROGRAM, "loops").size() > 2);
      long runs = got.sum(Recorded.PROGRAM, "loops", "runs");
      assertTrue(runs == 80_000 || runs == 80_001, runs + " runs");
      assertEquals(t.expected(runs, FusionReport.Row::runs), got.nests("loops", "calls"));
    }
    Recorded next = Recorded.of(() -> t.run(2));
    assertEquals(2, next.sum(Recorded.PROGRAM, "loops", "runs"));
    assertEquals(t.expected(2, FusionReport.Row::runs), next.nests("loops", "calls"));
  }

  private static void together(Traced t, int threads, int runs) throws Exception {
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        all.add(pool.submit(() -> t.run(runs)));
      }
      for (Future<?> f : all) {
        f.get();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "card"})
  void threadsLoseNoCounts(String backend) throws Exception {
    int threads = 8;
    int runs = backend.equals("cpu") ? 2000 : 100;
    Traced t = loops(backend);
    Recorded got = Recorded.of(() -> together(t, threads, runs));
    long total = (long) threads * runs;
    assertEquals(total, got.sum(Recorded.PROGRAM, "loops", "runs"));
    assertEquals(t.expected(total, FusionReport.Row::runs), got.nests("loops", "calls"));
    assertNotEquals(t.expected(total - 1, FusionReport.Row::runs), got.nests("loops", "calls"));
    assertTrue(
        got.sum(Recorded.NEST, "loops", "time") <= got.sum(Recorded.PROGRAM, "loops", "time"));
  }

  /** A recording that ends in the middle of a run has what has been done by then. */
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "card"})
  void theRunOfNowCounts(String backend) throws Exception {
    List<Recorded> seen = new ArrayList<>();
    int[] turns = {0};
    Traced t =
        Traced.of(
            "long",
            backend,
            in ->
                Engram.forLoop(
                    0,
                    10,
                    (_, h) -> {
                      Debug.print("{}", h.sum());
                      return h.sin();
                    },
                    in.getFirst()),
            Traced.ones(N));
    try (Recording r = Recorded.start()) {
      Debug.to(
          _ -> {
            if (++turns[0] == 7) {
              seen.add(Recorded.stop(r));
            }
          },
          () -> t.run(1));
    }
    assertEquals(10, turns[0]);
    Recorded got = seen.getFirst();
    assertEquals(7, sines(got));
    assertEquals(0, got.sum(Recorded.PROGRAM, "long", "runs"));
    assertTrue(got.sum(Recorded.PROGRAM, "long", "time") > 0);
    // The rest of that run is no part of the next recording.
    assertEquals(0, sines(Recorded.of(() -> {})));
    List<String> lines = new ArrayList<>();
    assertEquals(10, sines(Recorded.of(() -> Debug.to(lines::add, () -> t.run(1)))));
  }

  private static long sines(Recorded got) {
    return got.of(Recorded.NEST, "long").stream()
        .filter(e -> e.getString("label").endsWith("sin"))
        .mapToLong(e -> e.getLong("calls"))
        .sum();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops"}) // a card goes on: it is asked at the end
  void aRunThatFailsCountsUpToThere(String backend) throws Exception {
    Traced t =
        Traced.of(
            "fails",
            backend,
            in -> in.getFirst().add(1).checkRange("x", 0, 3).cast(DType.F32).sum(0).sin(),
            HostTensor.of(new int[] {1, 5}, 2));
    Recorded got = Recorded.of(() -> assertThrows(RunException.class, () -> t.run(1)));
    assertEquals(1, got.sum(Recorded.PROGRAM, "fails", "runs"));
    Map<Integer, Long> calls = got.nests("fails", "calls");
    assertFalse(calls.containsKey(t.report().rows().size() - 1), calls.toString());
  }
}
