package dev.engram.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Debug;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.State;
import dev.engram.StepResult;
import dev.engram.backend.cuda.run.CudaDevice;
import dev.engram.backend.cuda.text.CudaText;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.ir.DType;
import dev.engram.ir.DeviceTensor;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.InterruptedRunException;
import dev.engram.ir.RunException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Check;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringException;
import dev.engram.lower.RunOperands;
import dev.engram.tests.build.Needs;
import dev.engram.tests.device.Training;
import dev.engram.tests.random.Ways;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Programs, states and results on a card, for which a stand-in stands. */
class CudaDeviceTest {
  private static final Compiler CARD = new Compiler("card");

  @BeforeAll
  static void needs() {
    Needs.cppCompiler();
  }

  private static HostTensor f64(double... values) {
    return HostTensor.of(values, values.length);
  }

  /** A kernel for each nest. */
  private static final TextOptions NESTS = TextOptions.tiny().withoutCooperation();

  private static CudaDevice device(StandInDriver driver, long memory) {
    return new CudaDevice("cuda:0", driver, NESTS, memory, false);
  }

  @Test
  void resultsStayThereUntilTheyAreRead() {
    Fn1<Tensor, Tensor> twice = Engram.jit(CARD, (Tensor x) -> x.mul(2));
    List<Long> before = CardBackend.DRIVER.traffic();
    Tensor y = twice.apply(twice.apply(f64(1, 2, 3)));
    List<Long> after = CardBackend.DRIVER.traffic();
    assertEquals(24, after.get(0) - before.get(0), "bytes to the card");
    assertEquals(0, after.get(1) - before.get(1), "bytes from the card");
    DeviceTensor there = assertInstanceOf(DeviceTensor.class, y);
    assertEquals("card:0", there.storage().device());
    assertArrayEquals(new double[] {4, 8, 12}, y.host().toDoubles());
  }

  @Test
  void trainingMovesOnlyDataInAndLossesOut() {
    Training on = new Training(CARD);
    Training off = new Training(new Compiler("cpu"));
    for (int i = 0; i < 20; i++) {
      Tensor x = Training.data(2 * i);
      Tensor y = Training.data(2 * i + 1);
      HostTensor want = off.step.apply(x, y).host();
      List<Long> before = CardBackend.DRIVER.traffic();
      HostTensor got = on.step.apply(x, y).host();
      List<Long> after = CardBackend.DRIVER.traffic();
      assertTrue(want.sameBits(got), "loss " + i);
      if (i > 0) {
        assertEquals(2 * Training.DATA_BYTES, after.get(0) - before.get(0), "bytes to, step " + i);
        assertEquals(4, after.get(1) - before.get(1), "bytes from, step " + i);
      }
    }
    for (String path : on.weights.paths()) {
      Tensor value = on.weights.get(path).value();
      assertInstanceOf(DeviceTensor.class, value, path);
      assertTrue(value.host().sameBits(off.weights.get(path).value().host()), path);
    }
  }

  /** Memory that is closed, donated or not reachable any more is given back. */
  @Test
  void memoryIsGivenBack() throws InterruptedException {
    StandInDriver driver = new StandInDriver();
    CudaDevice card = device(driver, 1 << 20);
    TensorType type = TensorType.of(DType.F32, 1 << 16);
    Tensor closed = card.allocate(type);
    assertEquals(type.bytes(), card.heldBytes());
    closed.close();
    assertEquals(0, card.heldBytes());
    List<Tensor> kept = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      kept.add(card.allocate(type));
    }
    String text = assertThrows(EngramException.class, () -> card.allocate(type)).getMessage();
    assertTrue(
        text.startsWith(
            "no 262.1 kB for f32[65536] on cuda:0 (stand-in): this process holds 1.0 MB there in 4"
                + " pieces, of at most 1.0 MB (engram.cuda.memory), and 8.6 GB of 8.6 GB are free"
                + " (CudaDeviceTest.java:"),
        text);
    assertEquals(4, kept.size());
    kept.clear();
    card.allocate(type).close(); // what nobody can reach makes room
    driver.synchronize();
    assertTrue(driver.pieces() < 4, "pieces: " + driver.pieces());
  }

  private static Tensor finite(Tensor x) {
    return Tensor.apply(new Check.Finite("x"), List.of(x)).getFirst();
  }

  @Test
  void aFailedCheckLeavesStatesAsTheyWere() {
    State s = State.other(f64(1, 2));
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            CARD,
            (Tensor x) -> {
              s.set(s.value().add(1));
              return finite(x).add(s.value());
            });
    assertEquals(4, f.apply(f64(1, 1)).host().getDouble(1));
    String text = assertThrows(RunException.class, () -> f.apply(f64(1, Double.NaN))).getMessage();
    assertTrue(text.startsWith("x gives NaN at [1] (CudaDeviceTest.java:"), text);
    assertEquals(2, s.value().host().getDouble(0));
    assertEquals(5, f.apply(f64(1, 1)).host().getDouble(1));
  }

  @Test
  void hostLoopsBranchesSortsAndNoticesRun() {
    List<String> told = new ArrayList<>();
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            CARD,
            (Tensor x) -> {
              Tensor grown = Engram.whileLoop((Tensor v) -> v.sum().lt(100), v -> v.mul(2), x);
              Debug.progress(grown.sum().cast(DType.I32), 1, (n, v) -> told.add("" + n), grown);
              Tensor chosen =
                  Engram.cond(grown.sum().gt(150), () -> grown.neg(), () -> grown.add(1));
              return chosen.take(chosen.argSort(0, true), 0);
            });
    HostTensor x = f64(3, 1, 2);
    Fn1<Tensor, Tensor> off = Engram.jit(new Compiler("cpu"), (Tensor v) -> f.apply(v));
    assertTrue(off.apply(x).host().sameBits(f.apply(x).host()));
    assertEquals(2, told.size(), told::toString);
  }

  /** An error at every call of the driver in turn loses nothing and leaks nothing. */
  @Test
  void everyCallOfTheDriverMayFail() {
    StandInDriver driver = CardBackend.DRIVER;
    FailingCalls.check(
        new CardBackend().device(),
        new FailingCalls.Faults() {
          @Override
          public long calls() {
            return driver.calls();
          }

          @Override
          public void failAt(long n, int code) {
            driver.failAt(n, code);
          }

          @Override
          public long pieces() {
            return driver.pieces() + driver.handles();
          }
        });
  }

  /** How far the states of a loop over examples are from their mean: kernels of several kinds. */
  static Tensor spreadOfStates(Tensor x) {
    Tensor states =
        Engram.scan(
                (Tensor h, Tensor row) -> {
                  Tensor next = h.mul(0.5).add(row).tanh();
                  return new StepResult<>(next, next);
                },
                x.get(0),
                x)
            .out();
    return states.sub(states.mean(0, 1)).square().sum();
  }

  /** What comes again with its buffers at the same places is one graph. */
  @Test
  void runsThatComeAgainAreGraphs() {
    Fn1<Tensor, Tensor> on = Engram.jit(CARD, CudaDeviceTest::spreadOfStates);
    Fn1<Tensor, Tensor> off = Engram.jit(new Compiler("cpu"), CudaDeviceTest::spreadOfStates);
    List<Long> before = CardBackend.DRIVER.traffic();
    for (int i = 0; i < 20; i++) {
      HostTensor x = Texts.args(List.of(TensorType.of(DType.F32, 5, 4, 3)), i).getFirst();
      assertTrue(off.apply(x).host().sameBits(on.apply(x).host()), "run " + i);
    }
    long graphs = CardBackend.DRIVER.traffic().get(3) - before.get(3);
    assertTrue(graphs >= 10, "graphs in 20 runs: " + graphs);
  }

  /** The host hears of a while loop once in many turns, and each time more of them. */
  @Test
  void aWhileLoopIsTheCards() {
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            CARD,
            (Tensor x) ->
                Engram.whileLoop((Tensor n) -> n.sum().lt(3000.0), (Tensor n) -> n.add(1), x));
    assertEquals(1500, f.apply(f64(0, 0)).host().getDouble(1));
    List<Long> before = CardBackend.DRIVER.traffic();
    assertEquals(1500, f.apply(f64(0, 0)).host().getDouble(1));
    List<Long> after = CardBackend.DRIVER.traffic();
    long launches = after.get(2) - before.get(2);
    long fromCard = after.get(1) - before.get(1);
    assertTrue(launches < 20, "kernels in 1500 turns: " + launches);
    assertTrue(fromCard < 20 * 8 + 16, "bytes from the card: " + fromCard);
  }

  /** One that does not end can be interrupted. */
  @Test
  void aWhileLoopWithoutAnEndIsInterrupted() throws InterruptedException {
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            CARD,
            (Tensor x) ->
                Engram.whileLoop((Tensor n) -> n.sum().lt(1.0), (Tensor n) -> n.mul(0.5), x));
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread runs =
        new Thread(
            () -> {
              try {
                f.apply(f64(0, 0));
              } catch (RuntimeException e) {
                thrown.set(e);
              }
            });
    runs.start();
    Thread.sleep(3000);
    assertTrue(runs.isAlive());
    runs.interrupt();
    runs.join(60_000);
    assertInstanceOf(InterruptedRunException.class, thrown.get());
  }

  /** Before a loop starts, wherever it is in a kernel; a while loop that has no turn goes on. */
  @Test
  void anInterruptEndsARunBeforeALoop() {
    Fn1<Tensor, Tensor> loop =
        Engram.jit(
            CARD,
            (Tensor x) ->
                Engram.forLoop(0, 1000, (_, h) -> h.add(h.sub(h.mean(0)).mul(0.5)), x.add(1)));
    Fn1<Tensor, Tensor> none =
        Engram.jit(
            CARD,
            (Tensor x) -> Engram.whileLoop((Tensor n) -> n.sum().lt(0), (Tensor n) -> n.add(1), x));
    loop.apply(f64(2, 2));
    none.apply(f64(1, 2));
    for (int i = 0; i < 3; i++) {
      Thread.currentThread().interrupt();
      assertThrows(InterruptedRunException.class, () -> loop.apply(f64(1, 2)));
      Thread.interrupted();
      Thread.currentThread().interrupt();
      assertEquals(2, none.apply(f64(1, 2)).host().getDouble(1));
      assertTrue(Thread.interrupted());
      assertEquals(3, loop.apply(f64(2, 2)).host().getDouble(0));
    }
  }

  /** One that fails in the body ends it, too, though the condition has none. */
  @Test
  void aCheckInTheBodyIsSeenByTheLoop() {
    LoopProgram p =
        Texts.of(
            x ->
                Engram.whileLoop(
                    (Tensor n) -> n.sum().ge(0.0), (Tensor n) -> finite(n.mul(n)), x.getFirst()),
            List.of(TensorType.of(DType.F32, 2)));
    String text = CudaText.of(p, TextOptions.standard()).text();
    assertTrue(text.contains(" && failed->launch == ~0ull;"), text);
  }

  /** Kernels whose blocks wait for each other have as many as there is room for. */
  @Test
  void blocksThatWaitAreAllThere() {
    LoopProgram p =
        Texts.of(
            x -> Engram.forLoop(0, 5, (_, h) -> h.sub(h.mean(0)).tanh(), x.getFirst()),
            List.of(TensorType.of(DType.F32, 500)));
    List<HostTensor> args = Texts.args(List.of(TensorType.of(DType.F32, 500)), 1);
    HostTensor want = RunOperands.run(Ways.backend("cpu"), p, args).getFirst();
    for (int blocks : new int[] {1, 2, 9}) {
      StandInDriver driver = new StandInDriver();
      driver.blocksAtOnce(blocks);
      CudaDevice card = new CudaDevice("cuda:0", driver, TextOptions.tiny(), Long.MAX_VALUE, false);
      HostTensor got = RunOperands.of(p, card, args).run(card.compile(p)).getFirst();
      assertTrue(want.sameBits(got), blocks + " blocks");
    }
    StandInDriver none = new StandInDriver();
    none.blocksAtOnce(0);
    CudaDevice card = new CudaDevice("cuda:0", none, TextOptions.tiny(), Long.MAX_VALUE, false);
    String text = assertThrows(LoweringException.class, () -> card.compile(p)).getMessage();
    assertTrue(
        text.matches(
            "@f, k\\d_steps \\(CudaDeviceTest.java:\\d+\\): cuda:0 has no room for a block of 32"
                + " threads; run with -Dengram.cuda.kernels=nests"),
        text);
  }

  /** A check that fails in one of its turns ends it, and is told. */
  @Test
  void aCheckEndsAWhileLoop() {
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            CARD,
            (Tensor x) ->
                Engram.whileLoop((Tensor n) -> n.sum().ge(0.0), (Tensor n) -> finite(n.mul(n)), x));
    String text = assertThrows(RunException.class, () -> f.apply(f64(1, 2))).getMessage();
    assertTrue(text.startsWith("x gives Infinity at [1] (CudaDeviceTest.java:"), text);
  }

  /** Between turns of loops runs may be interrupted, and not while states are written. */
  @Test
  void anInterruptLosesNoState() {
    State sum = State.other(f64(0, 0));
    State product = State.other(f64(1, 1));
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            CARD,
            (Tensor x) -> {
              sum.set(sum.value().add(x));
              product.set(product.value().mul(x.sum()));
              return x.max();
            });
    for (int i = 0; i < 6; i++) {
      if (i > 2) {
        Thread.currentThread().interrupt();
      }
      f.apply(f64(1, 2));
      assertEquals(i > 2, Thread.interrupted());
    }
    assertArrayEquals(new double[] {6, 12}, sum.value().host().toDoubles());
    assertArrayEquals(new double[] {729, 729}, product.value().host().toDoubles());
  }

  private static final LoopProgram SORTED_PRODUCT =
      Texts.of(
          x -> x.getFirst().matmul(x.getLast()).argSort(0, false),
          List.of(TensorType.of(DType.F32, 5, 7), TensorType.of(DType.F32, 7, 5)));

  private static void runSortedProduct(CudaDevice card, CompiledProgram code) {
    List<TensorType> types =
        SORTED_PRODUCT.inputs().stream().map(b -> SORTED_PRODUCT.buffers().get(b).type()).toList();
    RunOperands.of(SORTED_PRODUCT, card, Texts.args(types, 5)).run(code);
  }

  /** With {@code sync} the error names the kernel, and all that comes later says the same. */
  @Test
  void anErrorThatLastsNamesTheKernelAndIsToldAgain() {
    String text = "";
    for (int n = 1; n < 30 && !text.contains("k1_sort"); n++) {
      StandInDriver driver = new StandInDriver();
      CudaDevice card = new CudaDevice("cuda:0", driver, NESTS, 1 << 20, true);
      CompiledProgram code = card.compile(SORTED_PRODUCT);
      driver.failAt(n, 719);
      text = message(() -> runSortedProduct(card, code));
      assertEquals(text, message(() -> runSortedProduct(card, code)));
      assertEquals(text, message(() -> card.allocate(TensorType.of(DType.F32, 3))));
    }
    assertTrue(
        text.matches(
            "@f, k1_sort \\(CudaDeviceTest.java:\\d+\\): cuda:0 \\(stand-in\\) can do nothing more"
                + " in this process: a launch of k1_sort failed: CUDA error 719, as the test wants"
                + " it"),
        text);
  }

  private static String message(Executable failing) {
    return assertThrows(EngramException.class, failing).getMessage();
  }

  /** Without it, the first and the last kernel since the last wait. */
  @Test
  void anErrorThatIsMetLaterNamesTheKernelsSince() {
    StandInDriver driver = new StandInDriver();
    CudaDevice card = device(driver, 1 << 20);
    CompiledProgram code = card.compile(SORTED_PRODUCT);
    String text = "";
    for (int n = 1; n < 30 && !text.contains("a copy to the host"); n++) {
      StandInDriver other = new StandInDriver();
      CudaDevice broken = device(other, 1 << 20);
      CompiledProgram again = broken.compile(SORTED_PRODUCT);
      other.failAt(n, 700);
      text = message(() -> runSortedProduct(broken, again));
    }
    assertTrue(
        text.matches(
            "cuda:0 \\(stand-in\\) can do nothing more in this process: a copy to the host"
                + " failed: CUDA error 700, as the test wants it; the kernels since the last wait"
                + " were 2 from @f, k0_\\w+ \\(CudaDeviceTest.java:\\d+\\) to @f, k1_sort"
                + " \\(CudaDeviceTest.java:\\d+\\); -Dengram.cuda.sync=true tells which it was"),
        text);
    runSortedProduct(card, code); // another card goes on
  }
}
