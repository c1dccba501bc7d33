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
import dev.engram.backend.cuda.driver.CudaException;
import dev.engram.backend.cuda.run.CudaDevice;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.ir.DType;
import dev.engram.ir.DeviceTensor;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Check;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.RunOperands;
import dev.engram.tests.build.Needs;
import dev.engram.tests.device.Training;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

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

  private static CudaDevice device(StandInDriver driver, long memory) {
    return new CudaDevice("cuda:0", driver, TextOptions.tiny(), memory);
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
                + " pieces, of at most 1.0 MB (CudaDeviceTest.java:"),
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
    LoopProgram p =
        Texts.of(
            x -> finite(x.getFirst().matmul(x.getLast())).sum(1).tanh(),
            List.of(TensorType.of(DType.F32, 5, 7), TensorType.of(DType.F32, 7, 5)));
    List<TensorType> types = p.inputs().stream().map(b -> p.buffers().get(b).type()).toList();
    List<HostTensor> args = Texts.args(types, 5);
    StandInDriver whole = new StandInDriver();
    CudaDevice sound = device(whole, Long.MAX_VALUE);
    CompiledProgram code = sound.compile(p);
    List<HostTensor> want = RunOperands.of(p, sound, args).run(code);
    long calls = whole.calls();
    assertTrue(calls > 10, "calls: " + calls);
    StandInDriver driver = new StandInDriver();
    CudaDevice card = device(driver, Long.MAX_VALUE);
    CompiledProgram again = card.compile(p);
    List<HostTensor> first = RunOperands.of(p, card, args).run(again);
    assertTrue(want.getFirst().sameBits(first.getFirst()));
    int failed = 0;
    for (long n = 1; n <= calls; n++) {
      driver.failAt(n, 999);
      try {
        List<HostTensor> got = RunOperands.of(p, card, args).run(again);
        assertTrue(want.getFirst().sameBits(got.getFirst()), "call " + n);
      } catch (CudaException e) {
        assertEquals(999, e.code(), e::toString);
        failed++;
      }
      driver.failAt(Long.MAX_VALUE / 2, 0);
      List<HostTensor> got = RunOperands.of(p, card, args).run(again);
      assertTrue(want.getFirst().sameBits(got.getFirst()), "after call " + n + " failed");
    }
    assertTrue(failed > 5, "calls that failed: " + failed);
    for (int i = 0; i < 20 && driver.pieces() > 12; i++) {
      System.gc();
      card.allocate(TensorType.of(DType.F32, 1)).close();
      driver.synchronize();
    }
    assertTrue(driver.pieces() <= 12, "pieces: " + driver.pieces());
  }
}
