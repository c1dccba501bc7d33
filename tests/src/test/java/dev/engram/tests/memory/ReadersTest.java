package dev.engram.tests.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Debug;
import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Fn1;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who reads a state while a run of another thread writes its next value over it. */
@Timeout(60)
class ReadersTest {
  private static final int SIZE = 1 << 17;

  private static final List<Function<State, Tensor>> READS =
      List.of(
          State::value,
          s -> new States(Map.of("w", s)).snapshot().get("w"),
          s -> Engram.jit(() -> s.value().add(0)).apply());

  /** The interpreter of loops is slow, so it is met while it writes. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void anInterruptedThreadReads(int which) throws Exception {
    for (int i = 0; i < 5; i++) {
      State w = State.parameter(HostTensor.allocate(TensorType.of(DType.F64, SIZE)));
      Fn0<Tensor> step =
          Engram.jit(
              new Compiler("loops"),
              () -> {
                w.set(w.value().add(1));
                return w.value().get(0);
              });
      AtomicBoolean stop = new AtomicBoolean();
      CountDownLatch started = new CountDownLatch(3);
      Thread writer =
          new Thread(
              () -> {
                while (!stop.get()) {
                  step.apply();
                  started.countDown();
                }
              });
      writer.start();
      started.await();
      Thread.currentThread().interrupt();
      try {
        HostTensor seen = READS.get(which).apply(w).host();
        assertTrue(seen.uniform().isPresent(), "one version");
        assertEquals(seen.getDouble(0), Math.rint(seen.getDouble(0)));
      } finally {
        assertTrue(Thread.interrupted(), "the status stays set");
        stop.set(true);
        writer.join();
      }
    }
  }

  /** Reads both states in a transformation outside of {@code jit}; 0 where they are equal. */
  private static final List<BiFunction<State, State, Tensor>> APART =
      List.of(
          (a, b) -> Engram.forLoop(() -> a.value().sub(b.value()).abs().max(), 2).max(),
          (a, b) ->
              Engram.whileLoop(
                  (Tensor x) -> x.lt(x.like(0)),
                  (Tensor _) -> a.value().sub(b.value()).abs().max(),
                  HostTensor.of(new double[] {-1}).reshape()),
          (a, b) ->
              Engram.cond(
                  HostTensor.of(new boolean[] {true}).reshape(),
                  () -> a.value().sub(b.value()).abs().max(),
                  () -> a.value().max()),
          (a, b) ->
              Engram.grad((Tensor x) -> a.value().sub(b.value()).abs().max().mul(x))
                  .apply(HostTensor.of(new double[] {1}).reshape()));

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void whatRunsOutsideOfJitReadsOneVersion(int which) throws Exception {
    State a = State.parameter(HostTensor.allocate(TensorType.of(DType.F64, 64)));
    State b = State.parameter(HostTensor.allocate(TensorType.of(DType.F64, 64)));
    Fn0<Tensor> step =
        Engram.jit(
            () -> {
              a.set(a.value().add(1));
              b.set(b.value().add(1));
              return a.value().get(0);
            });
    AtomicBoolean stop = new AtomicBoolean();
    Thread writer =
        new Thread(
            () -> {
              while (!stop.get()) {
                step.apply();
              }
            });
    writer.start();
    try {
      for (int i = 0; i < 500; i++) {
        assertEquals(0, APART.get(which).apply(a, b).host().item(), "read number " + i);
      }
    } finally {
      stop.set(true);
      writer.join();
    }
  }

  /** The same thread sets the state in the middle of a run that reads it. */
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "interpreter"})
  void whatAHookSetsIsNotSeenByTheRun(String backend) {
    State w = State.parameter(HostTensor.allocate(TensorType.of(DType.F64, 64)));
    Fn0<Tensor> step =
        Engram.jit(
            new Compiler(backend),
            () -> {
              w.set(w.value().add(1));
              return w.value().get(0);
            });
    step.apply();
    step.apply(); // the value is the library's, to be written over
    Tensor zero = HostTensor.of(new int[] {0}).reshape();
    Fn1<Tensor, Tensor> read =
        Engram.jit(
            new Compiler(backend),
            (Tensor xs) ->
                Engram.forLoop(
                    (Tensor x) -> {
                      Debug.progress(zero, 1, (_, _) -> step.apply());
                      return w.value().mul(x).sum();
                    },
                    xs));
    HostTensor ones = HostTensor.full(TensorType.of(DType.F64, 4), 1);
    for (int i = 0; i < 3; i++) {
      double want = 64 * (2 + 4 * i);
      assertArrayEquals(new double[] {want, want, want, want}, read.apply(ones).host().toDoubles());
    }
    assertEquals(14, w.value().host().getDouble(0));
  }
}
