package dev.engram.tests.device;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.CompiledGraph;
import dev.engram.Compiler;
import dev.engram.Debug;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.State;
import dev.engram.States;
import dev.engram.TracedFunction;
import dev.engram.ir.DType;
import dev.engram.ir.DeviceTensor;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of a device's memory is written, copied and given back, and when. */
class MemoryOnDevicesTest {
  private static final Compiler FAKE = new Compiler("fake");
  private static final Compiler CPU = new Compiler("cpu");
  private static final TensorType LARGE = TensorType.of(DType.F32, 1 << 14);
  private static final long BYTES = LARGE.bytes();

  private static HostTensor f64(double... values) {
    return HostTensor.of(values, values.length);
  }

  private static Tensor one() {
    return HostTensor.full(TensorType.of(DType.F32, 1), 1);
  }

  @TempDir Path folder;

  /** A step that adds its argument to {@code w} in place. */
  private static Fn1<Tensor, Tensor> adds(State w) {
    return Engram.jit(
        FAKE,
        (Tensor x) -> {
          w.set(w.value().add(x));
          return x;
        });
  }

  /** Lines of warnings. */
  private static List<String> logged(Runnable body) {
    PrintStream before = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setErr(new PrintStream(bytes, true, UTF_8));
    try {
      body.run();
    } finally {
      System.setErr(before);
    }
    return bytes.toString(UTF_8).lines().toList();
  }

  /**
   * The value that a run has begun with is the user's, though another device reads it meanwhile.
   */
  @Test
  void whatAUserHoldsIsNotWrittenWhileAnotherDeviceReadsTheState() {
    State s = State.parameter(f64(1, 2, 3));
    Tensor one = f64(1, 1, 1);
    Fn1<Tensor, Tensor> predict = Engram.jit(FAKE, (Tensor x) -> s.value().mul(x));
    Fn1<Tensor, Tensor> train =
        Engram.jit(
            CPU,
            (Tensor x) -> {
              Tensor v = s.value();
              Debug.progress(
                  HostTensor.of(new int[] {0}).reshape(),
                  1,
                  (_, _) -> {
                    for (int i = 0; i < 4; i++) {
                      predict.apply(one);
                    }
                  });
              s.set(v.add(x));
              return v.sum();
            });
    for (int i = 0; i < 3; i++) {
      Tensor kept = s.value();
      double[] before = kept.host().toDoubles();
      train.apply(one);
      assertArrayEquals(before, kept.host().toDoubles());
      assertEquals(before[0] + 1, s.value().host().getDouble(0));
    }
  }

  /** The error comes when the weights have been written over: they are no values any more. */
  @Test
  void aRunThatFailsLateBreaksWhatItWroteOver() {
    State w = State.parameter(f64(1, 1));
    State n = State.other(f64(0));
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            FAKE,
            (Tensor x) -> {
              w.set(w.value().add(x));
              n.set(w.value().sum().reshape(1));
              return x.mul(2);
            });
    f.apply(f64(1, 2));
    f.apply(f64(1, 2));
    FakeBackend.failLate(new RunException("kernel failed: illegal address"));
    assertEquals(
        "kernel failed: illegal address",
        assertThrows(RunException.class, () -> f.apply(f64(1, 2))).getMessage());
    String text = assertThrows(TraceException.class, w::value).getMessage();
    assertTrue(text.contains("a run that was writing it has failed"), text);
    assertTrue(text.contains("illegal address"), text);
    assertEquals(8, n.value().host().getDouble(0));
    w.set(f64(0, 0));
    f.apply(f64(1, 2));
    assertEquals(3, n.value().host().getDouble(0));
  }

  /** Where the program writes over nothing, the states are as before. */
  @Test
  void aRunThatFailsLateLeavesWhatItReads() {
    State w = State.parameter(f64(1, 1));
    Fn1<Tensor, Tensor> f = Engram.jit(FAKE, (Tensor x) -> w.value().add(x));
    f.apply(f64(1, 2));
    FakeBackend.failLate(new RunException("kernel failed"));
    assertThrows(RunException.class, () -> f.apply(f64(1, 2)));
    assertEquals(2, f.apply(f64(1, 2)).host().getDouble(0));
  }

  @Test
  void nothingThatNobodyReadsComesToTheHost() {
    State w = State.parameter(HostTensor.full(LARGE, 1));
    Fn1<Tensor, Tensor> predict = Engram.jit(FAKE, (Tensor x) -> w.value().mul(x));
    Fn1<Tensor, Tensor> grad =
        Engram.jit(
            FAKE,
            (Tensor x) ->
                Engram.grad(() -> w.value().mul(x).sum(), new States(Map.of("w", w)))
                    .apply()
                    .get("w"));
    for (Fn1<Tensor, Tensor> f : List.of(predict, grad)) {
      f.apply(one());
      Tensor[] y = new Tensor[1];
      assertEquals(List.of(4L, 0L), FakeBackend.moved(() -> y[0] = f.apply(one())));
      assertEquals(List.of(0L, BYTES), FakeBackend.moved(() -> y[0].host()));
    }
  }

  /** A loss that is not finite is told of when someone reads it, once. */
  @Test
  void lossesOfADeviceAreLookedAtWhenTheyAreRead() {
    State w = State.parameter(HostTensor.full(TensorType.of(DType.F32, 3), 1));
    Fn1<Tensor, Tensor> step =
        Engram.jit(
            FAKE,
            (Tensor x) -> {
              w.set(w.value().mul(x));
              return w.value().sum();
            });
    Tensor nan = HostTensor.full(TensorType.of(DType.F32), Double.NaN);
    Tensor[] losses = new Tensor[3];
    assertEquals(
        List.of(),
        logged(
            () -> {
              for (int i = 0; i < losses.length; i++) {
                losses[i] = step.apply(nan);
              }
            }));
    List<String> told =
        logged(
            () -> {
              for (Tensor loss : losses) {
                loss.host();
              }
            });
    assertEquals(1, told.size(), told::toString);
    assertTrue(
        told.getFirst().startsWith("WARNING: the loss is NaN (MemoryOnDevicesTest.java:"),
        told.getFirst());
  }

  @Test
  void readersOnTwoDevicesMoveNothing() {
    State w = State.parameter(HostTensor.full(LARGE, 1));
    List<Fn1<Tensor, Tensor>> both =
        List.of(
            Engram.jit(FAKE, (Tensor x) -> w.value().mul(x).sum()),
            Engram.jit(CPU, (Tensor x) -> w.value().mul(x).sum()));
    both.forEach(f -> f.apply(one()));
    for (int i = 0; i < 3; i++) {
      assertEquals(List.of(4L, 0L), FakeBackend.moved(() -> both.forEach(f -> f.apply(one()))));
    }
    assertInstanceOf(HostTensor.class, w.value(), "a state stays where it is");
    w.set(HostTensor.full(LARGE, 2));
    assertEquals(
        List.of(BYTES + 4, 0L), FakeBackend.moved(() -> both.forEach(f -> f.apply(one()))));
    assertEquals(2.0 * LARGE.size(), both.getFirst().apply(one()).host().item());
  }

  /** Copies of arguments, earlier values of states and copies of these are given back at once. */
  @Test
  void aLoopHoldsNoMoreMemoryThanOneStep() {
    State w = State.parameter(HostTensor.full(LARGE, 1));
    State frozen = State.parameter(HostTensor.full(LARGE, 1));
    Fn1<Tensor, Tensor> train =
        Engram.jit(
            FAKE,
            (Tensor x) -> {
              Tensor loss = x.mul(w.value()).mul(frozen.value()).mean();
              w.set(w.value().mul(0.5).add(x));
              return loss;
            });
    Fn1<Tensor, Tensor> here = Engram.jit(CPU, (Tensor x) -> w.value().mul(x).mean());
    long before = FakeBackend.held().sum();
    long most = 0;
    for (int i = 0; i < 60; i++) {
      HostTensor x = HostTensor.full(LARGE, 1);
      train.apply(x).close();
      here.apply(x).close();
      if (i % 7 == 0) {
        w.set(HostTensor.full(LARGE, 1));
      }
      x.close();
      most = Math.max(most, FakeBackend.held().sum() - before);
    }
    // The weights, the frozen ones' copy, and earlier values for later ones.
    assertTrue(most <= 6 * BYTES, most + " bytes of " + BYTES);
  }

  @Test
  void donatedTensorsAreGivenBack() {
    Fn1<Tensor, Tensor> f = Engram.jit(FAKE, (Tensor x) -> x.add(1)).donating(0);
    Tensor first = f.apply(HostTensor.full(LARGE, 1));
    long before = FakeBackend.held().sum();
    Tensor second = f.apply(first);
    assertEquals(before, FakeBackend.held().sum());
    String text = assertThrows(TraceException.class, first::host).getMessage();
    assertTrue(text.contains("was donated"), text);
    assertThrows(TraceException.class, () -> f.apply(first));
    assertEquals(3, second.host().getDouble(0));
    HostTensor x = HostTensor.full(LARGE, 1);
    f.apply(x);
    assertTrue(x.isDonated(), "so on every device");
  }

  /** Weights that are published are held by both models, and by nobody else. */
  @Test
  void publishedWeightsAreGivenBack() {
    State trained = State.parameter(HostTensor.full(LARGE, 1));
    State served = State.parameter(HostTensor.full(LARGE, 1));
    Fn1<Tensor, Tensor> train =
        Engram.jit(
            FAKE,
            (Tensor x) -> {
              trained.set(trained.value().mul(0.5).add(x));
              return trained.value().mean();
            });
    Fn1<Tensor, Tensor> predict = Engram.jit(FAKE, (Tensor x) -> served.value().mul(x).mean());
    States to = new States(Map.of("w", served));
    States from = new States(Map.of("w", trained));
    predict.apply(one());
    long before = FakeBackend.held().sum();
    for (int i = 0; i < 60; i++) {
      train.apply(one()).close();
      to.copyFrom(from);
      predict.apply(one()).close();
    }
    assertTrue(FakeBackend.held().sum() - before <= 6 * BYTES);
    assertEquals(trained.value().host().getDouble(7), predict.apply(one()).host().item(), 1e-6);
  }

  @Test
  void failedRunsGiveBackTheirResults() {
    State w = State.parameter(HostTensor.full(LARGE, 1));
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            FAKE,
            (Tensor x) -> {
              Tensor before = w.value();
              w.set(before.reverse(0).add(x));
              return before.add(x);
            });
    f.apply(one()).close();
    long before = FakeBackend.held().sum();
    for (int i = 0; i < 20; i++) {
      FakeBackend.failLate(new RunException("late"));
      assertThrows(RunException.class, () -> f.apply(one()));
    }
    assertTrue(FakeBackend.held().sum() - before <= 4 * BYTES);
    f.apply(one()).close();
  }

  /** As its error says: set it, load it, or copy it. */
  @Test
  void aBrokenStateIsRestored() throws IOException {
    State w = State.parameter(HostTensor.full(LARGE, 1));
    State good = State.parameter(HostTensor.full(LARGE, 3));
    States states = new States(Map.of("w", w));
    Fn1<Tensor, Tensor> f = adds(w);
    Path file = folder.resolve("states");
    states.save(file);
    List<ThrowingRunnable> ways =
        List.of(
            () -> states.load(file),
            () -> states.copyFrom(new States(Map.of("w", good))),
            () -> w.set(HostTensor.full(LARGE, 2)));
    double[] want = {1, 3, 2};
    for (int i = 0; i < want.length; i++) {
      f.apply(one());
      f.apply(one());
      FakeBackend.failLate(new RunException("late"));
      assertThrows(RunException.class, () -> f.apply(one()));
      String text =
          assertThrows(TraceException.class, () -> states.save(folder.resolve("no"))).getMessage();
      assertTrue(text.contains("a run that was writing it has failed"), text);
      ways.get(i).run();
      assertEquals(want[i], w.value().host().getDouble(0));
    }
  }

  /** A way to restore a state. */
  @FunctionalInterface
  private interface ThrowingRunnable {
    void run() throws IOException;
  }

  @Test
  void whatAStateHasIsNotDonated() {
    State w = State.parameter(HostTensor.full(LARGE, 1));
    Fn1<Tensor, Tensor> f = adds(w);
    f.apply(one());
    assertFalse(assertInstanceOf(DeviceTensor.class, w.value()).tryDonate());
    HostTensor here = HostTensor.full(LARGE, 1);
    State s = State.parameter(here);
    String text = assertThrows(TraceException.class, here::donate).getMessage();
    assertTrue(text.contains("or a state has it"), text);
    assertEquals(1, s.value().host().getDouble(0));
    f.apply(one());
  }

  /** The device does not answer: a warning, and nobody waits or is refused for it. */
  @Test
  void memoryThatCannotBeGivenBackIsNobodysFault() throws Exception {
    State w = State.parameter(HostTensor.full(LARGE, 1));
    Fn1<Tensor, Tensor> f = adds(w);
    Fn1<Tensor, Tensor> here = Engram.jit(CPU, (Tensor x) -> w.value().mul(x).mean());
    f.apply(one());
    List<String> told;
    FakeBackend.failFree(true);
    try {
      told =
          logged(
              () -> {
                for (int i = 0; i < 5; i++) {
                  here.apply(one());
                  f.apply(one()).close();
                }
              });
    } finally {
      FakeBackend.failFree(false);
    }
    assertTrue(
        told.getFirst().contains("fake:0 was not given back: java.lang.IllegalState"), "" + told);
    double[] read = new double[1];
    Thread other = new Thread(() -> read[0] = w.value().host().getDouble(0));
    other.start();
    other.join(10_000);
    assertFalse(other.isAlive());
    assertEquals(7, read[0]);
  }

  @Test
  void tokensOfHooksAndReadResultsAreGivenBack() {
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            FAKE,
            (Tensor x) -> {
              Debug.progress(HostTensor.of(new int[] {0}).reshape(), 1, (_, _) -> {});
              return x.add(1);
            });
    CompiledGraph code =
        FAKE.compile(
            TracedFunction.of("f", a -> ((Tensor) a.getFirst()).add(1), List.of(one())).graph());
    f.apply(one()).close();
    code.run(List.of(one().host()));
    long before = FakeBackend.held().sum();
    for (int i = 0; i < 20; i++) {
      f.apply(one()).close();
      code.run(List.of(one().host()));
    }
    assertEquals(before, FakeBackend.held().sum());
  }

  /** Operands on the device stay there: loops, branches and ops outside of compiled functions. */
  @Test
  void branchesOutsideOfJitStayOnTheDevice() {
    Fn1<Tensor, Tensor> twice = Engram.jit(FAKE, (Tensor x) -> x.mul(2));
    Tensor y = twice.apply(HostTensor.full(LARGE, 1));
    Compiler fake = FAKE;
    Tensor[] r = new Tensor[1];
    assertEquals(
        List.of(0L, 0L),
        FakeBackend.moved(
            () ->
                r[0] =
                    (Tensor)
                        fake.compile(
                                TracedFunction.of(
                                        "f", a -> ((Tensor) a.getFirst()).add(1), List.of(y))
                                    .graph())
                            .runOnDevice(List.of(y))
                            .getFirst()));
    assertInstanceOf(DeviceTensor.class, r[0]);
    assertEquals(3, r[0].host().getDouble(0));
  }

  /** Compiled functions keep what they were called with last, but nobody is refused for that. */
  @Test
  void whatNoRunReadsCanBeClosed() {
    State s = State.parameter(HostTensor.full(LARGE, 1));
    Fn1<Tensor, Tensor> f = Engram.jit(CPU, (Tensor x) -> s.value().sum().add(x));
    for (int i = 0; i < 4; i++) {
      f.apply(one());
    }
    Tensor old = s.value();
    assertTrue(Storage.of(old).orElseThrow().isPinned(), "the function has it");
    assertThrows(TraceException.class, old::close, "the state has it");
    s.set(HostTensor.full(LARGE, 2));
    old.close();
    assertTrue(old.isClosed());
    assertEquals(2.0 * LARGE.size() + 1, f.apply(one()).host().item());
  }

  /** So is what functions keep that are not reachable any more, or whose program was evicted. */
  @Test
  void forgottenFunctionsLetGo() throws InterruptedException {
    State s = State.parameter(HostTensor.full(LARGE, 1));
    called(s);
    Storage storage = Storage.of(s.value()).orElseThrow();
    for (int i = 0; i < 100 && storage.isPinned(); i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertFalse(storage.isPinned());
  }

  private static void called(State s) {
    Fn1<Tensor, Tensor> f = Engram.jit(CPU, (Tensor x) -> s.value().sum().add(x));
    for (int i = 0; i < 4; i++) {
      f.apply(one());
    }
    assertTrue(Storage.of(s.value()).orElseThrow().isPinned());
  }

  @Test
  void evictedProgramsLetGo() {
    State s = State.parameter(HostTensor.full(LARGE, 1));
    Fn1<Tensor, Tensor> f = Engram.jit(CPU, (Tensor x) -> s.value().sum().add(x.sum())).keeping(1);
    for (int i = 0; i < 4; i++) {
      f.apply(one());
    }
    Storage storage = Storage.of(s.value()).orElseThrow();
    assertTrue(storage.isPinned());
    f.apply(HostTensor.full(TensorType.of(DType.F32, 2), 1));
    assertFalse(storage.isPinned());
  }
}
