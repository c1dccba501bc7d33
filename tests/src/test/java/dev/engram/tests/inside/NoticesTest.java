package dev.engram.tests.inside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Debug;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Jitted;
import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.Progress;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.passes.InnerGraphs;
import dev.engram.ir.passes.Pass;
import dev.engram.nn.GruCell;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.tests.Everywhere;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Prints and progress hooks inside programs: all of them, in order, and each once. */
class NoticesTest {
  private static final int SCRIPTS = 60;

  static List<String> backends() {
    return Everywhere.names();
  }

  private static List<String> lines(Runnable body) {
    List<String> lines = new ArrayList<>();
    Debug.to(lines::add, body);
    return lines;
  }

  private static Tensor f32(double... values) {
    return HostTensor.of(values, values.length).cast(DType.F32);
  }

  private static Tensor scalar(double value) {
    return HostTensor.of(new double[] {value});
  }

  // ---- random programs against plain Java

  private record Expected(int result, List<String> lines) {
    static Expected of(Script s, int x) {
      List<String> lines = new ArrayList<>();
      return new Expected(s.simulate(x, lines::add), lines);
    }
  }

  private static List<Script> scripts() {
    SplittableRandom random = new SplittableRandom(2026);
    List<Script> out = new ArrayList<>();
    for (int i = 0; i < SCRIPTS; i++) {
      out.add(Script.random(random, 3));
    }
    return out;
  }

  @ParameterizedTest
  @MethodSource("backends")
  void everyLineComesOnceAndInOrder(String backend) {
    int lines = 0;
    for (Script s : scripts()) {
      Fn1<Tensor, Tensor> f = Engram.jit(new Compiler(backend), s::run);
      for (int x : new int[] {0, 5}) {
        Expected want = Expected.of(s, x);
        List<Tensor> got = new ArrayList<>();
        assertEquals(
            want.lines(), lines(() -> got.add(f.apply(HostTensor.of(new int[] {x})))), s::toString);
        assertEquals(want.result(), got.getFirst().host().item());
        lines += want.lines().size();
      }
    }
    assertTrue(lines > 5 * SCRIPTS, () -> "the scripts print too little");
  }

  @Test
  void everyLineOfAnExampleUnderVmap() {
    int[] xs = {0, 5, 10, 3};
    for (Script s : scripts()) {
      List<String> got =
          lines(() -> Engram.jit(Engram.vmap(s::run)).apply(HostTensor.of(xs, xs.length)));
      for (int k = 0; k < xs.length; k++) {
        String mark = "[" + k + "] ";
        List<String> own =
            got.stream()
                .filter(l -> l.startsWith(mark))
                .map(l -> l.substring(mark.length()))
                .toList();
        List<String> want = Expected.of(s, xs[k]).lines();
        // A counter that all examples share is reported once.
        assertEquals(
            want.stream().filter(l -> !l.startsWith("step")).toList(),
            own.stream().filter(l -> !l.startsWith("step")).toList(),
            s::toString);
      }
    }
  }

  @Test
  void aPassThatForgetsNoticesIsSeen() {
    Compiler forgets = Compiler.standard().with(new Pass("forget", NoticesTest::forget));
    Fn1<Tensor, Tensor> f =
        x -> {
          Debug.print("x = {}", x);
          return x;
        };
    assertEquals(List.of("x = 1.0"), lines(() -> Engram.jit(f).apply(scalar(1))));
    assertNotEquals(List.of("x = 1.0"), lines(() -> Engram.jit(forgets, f).apply(scalar(1))));
  }

  private static Graph forget(Graph g) {
    Builder b = new Builder(g.name());
    Map<Value, Value> map = new HashMap<>();
    g.params().forEach(p -> map.put(p.var(), b.param(p)));
    for (Eqn e : g.eqns()) {
      if (e.op() instanceof HostEffect) {
        map.put(e.out(), Builder.mapped(map, e.in(0)));
      } else {
        b.copy(
            new Eqn(
                InnerGraphs.map(e.op(), NoticesTest::forget), e.inputs(), e.outputs(), e.where()),
            map);
      }
    }
    return b.build(g.outs().stream().map(v -> Builder.mapped(map, v)).toList());
  }

  // ---- derivatives

  private static Tensor doubling(Tensor x) {
    return Engram.forLoop(
        0,
        3,
        (i, c) -> {
          Tensor next = c.mul(x);
          Debug.print("{}: {}", i, next);
          return next;
        },
        x);
  }

  private static final List<String> POWERS = List.of("0: 4.0", "1: 8.0", "2: 16.0");

  @Test
  void derivativesTellTheFunctionOnce() {
    Tensor x = scalar(2);
    Fn1<Tensor, Tensor> f = NoticesTest::doubling;
    Fn1<Tensor, Tensor> g = Engram.grad(f);
    assertEquals(POWERS, lines(() -> assertEquals(32, g.apply(x).host().item())));
    assertEquals(POWERS, lines(() -> assertEquals(48, Engram.grad(g).apply(x).host().item())));
    assertEquals(POWERS, lines(() -> Engram.jit(Engram.grad(Engram.grad(g))).apply(x)));
    assertEquals(POWERS, lines(() -> Engram.jvp(f, x, x)));
    assertEquals(POWERS, lines(() -> Engram.vjp(f, x).pullback().apply(x)));
    assertEquals(POWERS, lines(() -> Engram.jit(Engram.grad(Engram.remat(f))).apply(x)));
    assertEquals(POWERS, lines(() -> Engram.jit(Engram.checkNumerics(f)).apply(x)));
    Fn1<Tensor, Tensor> norm =
        v -> {
          Debug.print("norm of {}", v);
          return v.square().sum();
        };
    List<String> once = List.of("norm of [1.0, 2.0]");
    assertEquals(once, lines(() -> Engram.hessian(norm).apply(f32(1, 2))));
    assertEquals(once, lines(() -> Engram.jacrev(norm).apply(f32(1, 2))));
    assertEquals(once, lines(() -> Engram.linearize(norm, f32(1, 2)).map().apply(f32(1, 1))));
  }

  @Test
  void aBoundedLoopInReverseTellsTheStepsThatItRuns() {
    Fn1<Tensor, Tensor> f =
        v ->
            Engram.whileLoop(
                (Tensor q) -> q.lt(10),
                q -> {
                  Debug.print("{}", q);
                  return q.mul(2);
                },
                v,
                9);
    assertEquals(
        List.of("2.0", "4.0", "8.0"),
        lines(() -> assertEquals(8, Engram.jit(Engram.grad(f)).apply(scalar(2)).host().item())));
    assertEquals(
        List.of("[0] 2.0", "[1] 6.0", "[0] 4.0", "[0] 8.0"),
        lines(() -> Engram.vmap(Engram.grad(f)).apply(f32(2, 6, 12))));
  }

  // ---- batches

  @Test
  void aBatchHasALineForEachExampleThatComesThere() {
    Fn1<Tensor, Tensor> f =
        v ->
            Engram.cond(
                v.gt(1.5),
                () -> {
                  Debug.print("big {}", v);
                  return v;
                },
                () -> {
                  Debug.print("small {}", v);
                  return v;
                });
    assertEquals(
        List.of("[1] big 2.0", "[2] big 3.0", "[0] small 1.0"),
        lines(() -> Engram.jit(Engram.vmap(f)).apply(f32(1, 2, 3))));
    Fn1<Tensor, Tensor> nested = Engram.vmap(Engram.vmap(f));
    Tensor xs = f32(1, 2, 3, 0).reshape(2, 2);
    assertEquals(
        List.of("[0,1] big 2.0", "[1,0] big 3.0", "[0,0] small 1.0", "[1,1] small 0.0"),
        lines(() -> Engram.jit(nested).apply(xs)));
  }

  @Test
  void whatAllExamplesShareIsToldOnce() {
    Fn1<Tensor, Tensor> f =
        v -> {
          Debug.print("shared {}", scalar(7));
          return v;
        };
    assertEquals(List.of("shared 7.0"), lines(() -> Engram.jit(Engram.vmap(f)).apply(f32(1, 2))));
  }

  // ---- learning

  private static final class Net extends Layer {
    final GruCell cell = new GruCell(1, 2, RandomKey.of(1));
    final boolean branches;

    Net(boolean branches) {
      this.branches = branches;
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor h = cell.update(x);
      Debug.print("h {}", h.rank() > 0 ? x : h);
      return branches
          ? Engram.cond(
              x.sum().gt(0),
              () -> {
                Debug.print("+ {}", x);
                return h;
              },
              () -> h.mul(2))
          : h;
    }
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.ValueSource(booleans = {false, true})
  void aLearnerTellsEachStepOnce(boolean branches) {
    Net net = new Net(branches);
    Tensor xs = f32(1, -2, -3, 4, 5, -6).reshape(3, 2, 1);
    List<String> got =
        lines(
            () ->
                Engram.jit(
                        (Tensor in) -> {
                          Learner<Tensor, Tensor> l =
                              Learner.compile(net, m -> new DRtrl<>(m, _ -> {}), in.get(0));
                          return l.grad(in, in, (out, x) -> out.sub(x).square().mean()).losses();
                        })
                    .apply(xs));
    List<String> want = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      for (int k = 0; k < 2; k++) {
        want.add("[" + k + "] h [" + xs.get(t).get(k).host().getDouble(0) + "]");
      }
      for (int k = 0; k < 2 && branches; k++) {
        double x = xs.get(t).get(k).host().getDouble(0);
        if (x > 0) {
          want.add("[" + k + "] + [" + x + "]");
        }
      }
    }
    assertEquals(want, got);
  }

  // ---- progress

  @ParameterizedTest
  @MethodSource("backends")
  void progressCountsAndStartsAgain(String backend) {
    List<String> seen = new ArrayList<>();
    Progress progress = new Progress(8, 3, (step, v) -> seen.add(step + ":" + v.getFirst().item()));
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            new Compiler(backend),
            x ->
                Engram.forLoop(
                    0,
                    8,
                    (i, c) -> {
                      progress.step(c);
                      return c.mul(2);
                    },
                    x));
    List<String> once = List.of("0:1.0", "3:8.0", "6:64.0", "7:128.0");
    f.apply(scalar(1));
    assertEquals(once, seen);
    f.apply(scalar(1));
    assertEquals(8, seen.size());
    assertEquals(once, seen.subList(4, 8));
  }

  @Test
  void underVmapAHookIsCalledOnceWithAllExamples() {
    List<String> seen = new ArrayList<>();
    Fn1<Tensor, Tensor> f =
        x ->
            Engram.forLoop(
                0,
                4,
                (i, c) -> {
                  Debug.progress(i, 2, (step, v) -> seen.add(step + ": " + v.getFirst()), c);
                  return c.add(1);
                },
                x);
    Engram.jit(Engram.vmap(f)).apply(f32(0, 10));
    assertEquals(List.of("0: f32[2] [0.0, 10.0]", "2: f32[2] [2.0, 12.0]"), seen);
  }

  @Test
  void aHookKeepsWhatItWasGiven() {
    List<HostTensor> kept = new ArrayList<>();
    Engram.jit(
            (Tensor x) ->
                Engram.forLoop(
                    0,
                    3,
                    (i, c) -> {
                      Debug.progress(i, 1, (_, v) -> kept.addAll(v), c);
                      return c.mul(3);
                    },
                    x))
        .apply(scalar(1));
    assertEquals(List.of(1.0, 3.0, 9.0), kept.stream().map(HostTensor::item).toList());
  }

  @ParameterizedTest
  @MethodSource("backends")
  void whatAHookThrowsReachesTheCaller(String backend) {
    whatAHookThrowsReachesTheCaller(backend, new IllegalStateException("no more"));
    whatAHookThrowsReachesTheCaller(backend, new IOException("no more")); // from Kotlin, say
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneakily(Throwable t) throws T {
    throw (T) t;
  }

  private static void whatAHookThrowsReachesTheCaller(String backend, Exception thrown) {
    State runs = State.other(scalar(0));
    boolean[] broken = {true};
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            new Compiler(backend),
            x -> {
              runs.set(runs.value().add(1));
              return Engram.forLoop(
                  0,
                  4,
                  (i, c) -> {
                    Debug.progress(
                        i,
                        2,
                        (step, _) -> {
                          if (broken[0] && step == 2) {
                            NoticesTest.<RuntimeException>sneakily(thrown);
                          }
                        });
                    return c.add(1);
                  },
                  x);
            });
    RunException e = assertThrows(RunException.class, () -> f.apply(scalar(0)));
    assertTrue(
        e.getMessage()
            .matches(
                "progress: the code of the host has thrown"
                    + " "
                    + thrown.getClass().getName()
                    + ": no more \\(NoticesTest.java:\\d+\\)"),
        e.getMessage());
    assertSame(thrown, e.getCause());
    assertEquals(0, runs.value().host().item());
    broken[0] = false;
    assertEquals(4, f.apply(scalar(0)).host().item());
    assertEquals(1, runs.value().host().item());
  }

  // ---- sinks and threads

  @Test
  void eachThreadHasItsOwnSink() throws InterruptedException, ExecutionException {
    Fn1<Tensor, Tensor> f = Engram.jit(NoticesTest::doubling);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Callable<List<String>>> jobs = new ArrayList<>();
      for (int k = 0; k < 40; k++) {
        double x = k;
        jobs.add(() -> lines(() -> f.apply(scalar(x))));
      }
      List<Future<List<String>>> got = threads.invokeAll(jobs);
      for (int k = 0; k < got.size(); k++) {
        double x = k;
        assertEquals(
            List.of("0: " + x * x, "1: " + x * x * x, "2: " + x * x * x * x), got.get(k).get());
      }
    }
  }

  @Test
  void outsideOfProgramsItPrintsAtOnce() {
    assertEquals(
        List.of("x = [1.0, 2.0], n = 3"),
        lines(() -> Debug.print("x = {}, n = {}", f32(1, 2), HostTensor.of(new int[] {3}))));
  }

  @Test
  void aProgramWithoutThemIsAsBefore() {
    Graph g = Engram.jit((Tensor x) -> x.exp()).trace(scalar(1)).graph();
    assertEquals(1, g.params().size());
    assertEquals(1, g.outs().size());
  }

  // ---- mistakes

  private static String message(Runnable body) {
    return assertThrows(EngramException.class, body::run)
        .getMessage()
        .replaceAll("\\.java:\\d+", ".java:0");
  }

  /** An op whose expansion prints. */
  public record Talking() implements Custom {
    @Override
    public String mnemonic() {
      return "talking";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public List<Tensor> expand(List<Tensor> in) {
      Debug.print("in {}", in.getFirst());
      return in;
    }
  }

  @Test
  void mistakesAreNamed() {
    Tensor x = scalar(1);
    assertEquals(
        "print: got 1 values, expected 2, one for each {} in \"{} {}\" (NoticesTest.java:0)",
        message(() -> Debug.print("{} {}", x)));
    assertEquals(
        "progress: every=0, expected at least 1 (NoticesTest.java:0)",
        message(() -> Debug.progress(x, 0, (_, _) -> {})));
    assertEquals(
        "progress: got the values [f64[]], expected first the step, a scalar integer"
            + " (NoticesTest.java:0)",
        message(() -> Debug.progress(x, 1, (_, _) -> {})));
    assertEquals(
        "whileLoop: Debug.print and Debug.progress cannot be used in the condition"
            + " (NoticesTest.java:0); put them into the body",
        message(
            () ->
                Engram.whileLoop(
                    (Tensor c) -> {
                      Debug.print("c");
                      return c.lt(1);
                    },
                    c -> c,
                    x)));
    Fn1<Tensor, Tensor> ruled =
        Engram.customJvp(
            v -> {
              Debug.print("v");
              return v;
            },
            Pair::new);
    assertEquals(
        "Debug.print and Debug.progress cannot be used in a function with a derivative of its own,"
            + " which may run in other places than where it is written (NoticesTest.java:0); put"
            + " them before or after it",
        message(() -> Engram.grad(ruled).apply(x)));
    assertEquals(
        "Debug.print and Debug.progress cannot be used in a rule or an expansion of an op"
            + " (NoticesTest.java:0); put them where the op is used",
        message(() -> Tensor.apply(new Talking(), List.of(x))));
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.ValueSource(strings = {"loops", "cpu"})
  void aHookThatCallsItsOwnProgramIsTold(String backend) {
    List<Jitted.Of1<Tensor, Tensor>> self = new ArrayList<>();
    Tensor step = HostTensor.of(new int[] {0});
    self.add(
        Engram.jit(
            new Compiler(backend),
            x -> {
              Debug.progress(step, 1, (_, _) -> self.getFirst().apply(scalar(1)), x);
              return x;
            }));
    String text = message(() -> self.getFirst().apply(scalar(1)));
    assertTrue(text.contains("@jit is running: a hook called by a program must not call it"), text);
  }

  @Test
  void linesHaveAllElementTypes() {
    Tensor x = f32(1, 0);
    Fn1<Tensor, Tensor> f =
        v -> {
          Debug.print("{} {} {}", v.cast(DType.BF16), v.cast(DType.U8), v.gt(0.5));
          return v;
        };
    assertEquals(List.of("[1.0, 0.0] [1, 0] [true, false]"), lines(() -> Engram.jit(f).apply(x)));
    assertFalse(
        lines(
                () ->
                    Engram.jit(f)
                        .apply(
                            RandomTensors.uniform(
                                RandomKey.of(1), Shape.of(2, 3), DType.F32, 0, 1)))
            .isEmpty());
  }
}
