package dev.engram.tests.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.State;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.runtime.Log;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What fails when a run has ended leaves its states of one version. */
class LateFailureTest {
  private static final float INF = Float.POSITIVE_INFINITY;

  /** Refuses all records. */
  private static final class Full extends Handler {
    @Override
    public void publish(LogRecord r) {
      throw new IllegalStateException("the disk is full");
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  /** A warning about weights comes after a step that has written one state in place, one not. */
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "loops", "interpreter"})
  void aLogThatFailsLeavesTheStatesOfTheStep(String backend) {
    State a = State.parameter(HostTensor.of(new float[] {1, 1}, 2));
    State b = State.parameter(HostTensor.of(new float[][] {{1, 2}, {3, 4}}));
    Fn0<Tensor> step =
        Engram.jit(
            new Compiler(backend),
            () -> {
              a.set(a.value().mul(1e30));
              b.set(b.value().transpose(1, 0).add(1));
              return a.value().sum();
            });
    step.apply(); // a is the library's from here on, and a second step would be infinite
    Logger log = Logger.getLogger(Log.NAME);
    Handler full = new Full();
    log.addHandler(full);
    try {
      String text = assertThrows(IllegalStateException.class, step::apply).getMessage();
      assertEquals("the disk is full", text);
    } finally {
      log.removeHandler(full);
    }
    assertArrayEquals(new float[] {INF, INF}, a.value().host().toFloats());
    assertArrayEquals(new float[] {3, 4, 5, 6}, b.value().host().toFloats());
    step.apply(); // nothing is left locked
    assertArrayEquals(new float[] {4, 6, 5, 7}, b.value().host().toFloats());
  }
}
