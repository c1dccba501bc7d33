package dev.engram.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cuda.driver.CudaException;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Check;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Device;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.RunOperands;
import java.util.List;

/** An error at every call of a driver in turn. */
final class FailingCalls {
  private static final int FAILURE = 999;
  private static final int RUNS = 4;

  private FailingCalls() {}

  /** A driver that can be made to fail. */
  interface Faults {
    /** Calls so far. */
    long calls();

    /** The n-th call from now on fails, counted from 1. */
    void failAt(long n, int code);

    /** What is allocated and loaded. */
    long pieces();
  }

  /** Tries it on a program of products, a check, and a loop. */
  static void check(Device card, Faults faults) {
    LoopProgram p =
        Texts.of(
            x -> finite(x.getFirst().matmul(x.getLast())).sum(1).tanh(),
            List.of(TensorType.of(DType.F32, 5, 7), TensorType.of(DType.F32, 7, 5)));
    List<TensorType> types = p.inputs().stream().map(b -> p.buffers().get(b).type()).toList();
    List<HostTensor> args = Texts.args(types, 5);
    long before = faults.calls();
    CompiledProgram code = card.compile(p);
    List<HostTensor> want = runs(p, card, args, code);
    long calls = faults.calls() - before;
    assertTrue(calls > 10, "calls: " + calls);
    long held = faults.pieces();
    int failed = 0;
    for (long n = 1; n <= calls; n++) {
      faults.failAt(n, FAILURE);
      try {
        same(want, runs(p, card, args, card.compile(p)), "call " + n);
      } catch (CudaException e) {
        assertEquals(FAILURE, e.code(), e::toString);
        failed++;
      }
      faults.failAt(Long.MAX_VALUE / 2, 0);
      same(want, runs(p, card, args, code), "after call " + n + " failed");
    }
    assertTrue(failed > 5, "calls that failed: " + failed);
    long left = faults.pieces();
    for (int i = 0; i < 50 && left > held; i++) {
      System.gc();
      pause();
      card.allocate(TensorType.of(DType.F32, 1)).close();
      left = faults.pieces();
    }
    assertTrue(left <= held, left + " pieces and handles, " + held + " before");
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs it some times, of which the later ones are graphs. */
  private static List<HostTensor> runs(
      LoopProgram p, Device card, List<HostTensor> args, CompiledProgram code) {
    List<HostTensor> out = List.of();
    for (int i = 0; i < RUNS; i++) {
      out = RunOperands.of(p, card, args).run(code);
    }
    return out;
  }

  private static void same(List<HostTensor> want, List<HostTensor> got, String what) {
    assertTrue(want.getFirst().sameBits(got.getFirst()), what);
  }

  private static Tensor finite(Tensor x) {
    return Tensor.apply(new Check.Finite("x"), List.of(x)).getFirst();
  }
}
