package dev.engram.tests.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Fn1;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.InterruptedRunException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An interrupt ends a run at the next step of a loop, and leaves everything as it was. */
@Timeout(60)
class InterruptTest {
  /** Endless, were it not interrupted: {@code x} grows by 0. */
  private static Fn0<Tensor> endless(String backend, State w) {
    return Engram.jit(
        new Compiler(backend),
        () -> {
          Tensor x = w.value();
          Tensor far =
              Engram.whileLoop(
                  (Tensor v) -> v.sum().lt(v.like(1e9).sum()), (Tensor v) -> v.add(v.mul(0)), x);
          w.set(far);
          return far.sum();
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "interpreter"})
  void aLoopWithoutAnEndIsLeft(String backend) throws Exception {
    State w = State.parameter(HostTensor.of(new double[] {1, 2}, 2));
    Fn0<Tensor> f = endless(backend, w);
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    AtomicReference<Boolean> flag = new AtomicReference<>(false);
    CountDownLatch started = new CountDownLatch(1);
    Thread t =
        new Thread(
            () -> {
              started.countDown();
              try {
                f.apply();
              } catch (RuntimeException e) {
                thrown.set(e);
              }
              flag.set(Thread.currentThread().isInterrupted());
            });
    t.start();
    started.await();
    Thread.sleep(200);
    assertTrue(t.isAlive());
    t.interrupt();
    t.join(20_000);
    assertFalse(t.isAlive());
    assertNotNull(thrown.get());
    assertInstanceOf(InterruptedRunException.class, thrown.get());
    assertTrue(thrown.get().getMessage().contains("was interrupted"), thrown.get().getMessage());
    assertTrue(flag.get(), "the status stays set");
    assertArrayEquals(new double[] {1, 2}, w.value().host().toDoubles());
    // Nothing is left locked: another thread may set the state, and run the program.
    w.set(HostTensor.of(new double[] {1e10, 2}, 2));
    assertEquals(1e10 + 2, f.apply().host().item());
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "interpreter"})
  void aTrainingOverASequenceIsLeftWithItsStates(String backend) {
    State w = State.parameter(HostTensor.of(new double[] {0, 0}, 2));
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            new Compiler(backend),
            (Tensor xs) ->
                Engram.forLoop(
                    (Tensor x) -> {
                      w.set(w.value().add(x));
                      return w.value().sum();
                    },
                    xs));
    Tensor xs = HostTensor.full(TensorType.of(DType.F64, 100, 2), 1);
    f.apply(xs);
    Thread.currentThread().interrupt();
    try {
      InterruptedRunException e =
          org.junit.jupiter.api.Assertions.assertThrows(
              InterruptedRunException.class, () -> f.apply(xs));
      assertTrue(e.getMessage().contains("before step 0"), e.getMessage());
    } finally {
      Thread.interrupted();
    }
    assertArrayEquals(new double[] {100, 100}, w.value().host().toDoubles());
    f.apply(xs);
    assertArrayEquals(new double[] {200, 200}, w.value().host().toDoubles());
  }

  /** Without loops a run is short, and ends. */
  @Test
  void aRunWithoutLoopsEnds() {
    Fn1<Tensor, Tensor> f = Engram.jit((Tensor x) -> x.add(1));
    Thread.currentThread().interrupt();
    try {
      assertEquals(2, f.apply(HostTensor.of(new double[] {1}, 1)).host().item());
    } finally {
      assertTrue(Thread.interrupted());
    }
  }
}
