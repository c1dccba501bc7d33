package dev.engram.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.State;
import dev.engram.backend.cuda.driver.CudaException;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Check;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Device;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.RunOperands;
import java.util.List;
import java.util.stream.IntStream;

/** An error at every call of a driver in turn. */
final class FailingCalls {
  /** An error that is not known, and that of memory that is not there. */
  private static final List<Integer> CODES = List.of(999, CudaException.OUT_OF_MEMORY);

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
    CompiledProgram sound = card.compile(p);
    List<HostTensor> want = runs(p, card, args, sound);
    long calls = faults.calls() - before;
    assertTrue(calls > 10, "calls: " + calls);
    // Of the device that compilers use, which may be another object for the card.
    Fn1<Tensor, Tensor> other = Engram.jit(new Compiler(card.name()), (Tensor x) -> x.mul(2));
    other.apply(args.getFirst()).close();
    long held = faults.pieces();
    for (int code : CODES) {
      int failed = 0;
      for (long n = 1; n <= calls; n++) {
        faults.failAt(n, code);
        try {
          same(want, runs(p, card, args, card.compile(p)), "call " + n);
        } catch (EngramException e) {
          assertEquals(code, code(e), e::toString);
          failed++;
        }
        faults.failAt(Long.MAX_VALUE / 2, 0);
        same(want, runs(p, card, args, sound), "after call " + n + " failed");
      }
      assertTrue(failed > 5, "calls that failed: " + failed);
    }
    states(card.name(), faults);
    long left = faults.pieces();
    for (int i = 0; i < 50 && left > held; i++) {
      System.gc();
      pause();
      card.allocate(TensorType.of(DType.F32, 1)).close();
      other.apply(args.getFirst()).close();
      left = faults.pieces();
    }
    assertTrue(left <= held, left + " pieces and handles, " + held + " before");
  }

  private static int code(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof CudaException c) {
        return c.code();
      }
    }
    throw new AssertionError("no error of the driver", e);
  }

  /** A call that fails leaves the state as it was, or says that its value is lost. */
  private static void states(String device, Faults faults) {
    State s = State.other(HostTensor.of(new double[] {1, 2, 3}, 3));
    Fn1<Tensor, Tensor> step =
        Engram.jit(
            new Compiler(device),
            (Tensor x) -> {
              Tensor next = s.value().add(finite(x)).mul(0.5);
              s.set(next);
              return next.sum();
            });
    HostTensor x = HostTensor.of(new double[] {1, 1, 1}, 3);
    for (int i = 0; i < RUNS; i++) {
      step.apply(x).host();
    }
    long before = faults.calls();
    step.apply(x).host();
    long calls = faults.calls() - before;
    int kept = 0;
    for (long n = 1; n <= calls; n++) {
      HostTensor old = HostTensor.of(new double[] {1, 2, 3}, 3);
      s.set(old);
      step.apply(x).host();
      HostTensor was = s.value().host();
      faults.failAt(n, CODES.getFirst());
      boolean failed = false;
      try {
        step.apply(x);
      } catch (EngramException e) {
        assertEquals(CODES.getFirst(), code(e), e::toString);
        failed = true;
      }
      faults.failAt(Long.MAX_VALUE / 2, 0);
      try {
        HostTensor now = s.value().host();
        HostTensor next =
            HostTensor.of(
                IntStream.range(0, 3).mapToDouble(i -> (was.getDouble(i) + 1) * 0.5).toArray(), 3);
        assertTrue(now.sameBits(failed ? was : next), "call " + n + ": " + now);
        kept += failed ? 1 : 0;
      } catch (EngramException e) {
        assertTrue(failed && String.valueOf(e.getMessage()).contains("lost"), e::toString);
      }
    }
    assertTrue(kept > 2, "values that were kept: " + kept + " of " + calls);
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
