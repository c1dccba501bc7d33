package dev.engram.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Lowering;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A nest in the middle of which a user's function throws leaves nothing behind. */
class FailedNestTest {
  private static final int N = 600;

  private static final ElementwiseRow UNLUCKY =
      ElementwiseRow.of(
          "unlucky",
          1,
          (x, _, _) -> {
            if (x == 13) {
              throw new IllegalStateException("13");
            }
            return x + 1;
          },
          Rows.TANH.domain(),
          List.of((x, _) -> x.getFirst().like(1)));

  private enum Kind {
    ROWS,
    FOLD,
    PRODUCT,
    COLUMNS;

    Tensor of(Tensor x) {
      return switch (this) {
        case ROWS -> unlucky(x);
        case FOLD -> unlucky(x).sum(1);
        case PRODUCT -> unlucky(x.matmul(Tensor.eye(DType.F32, N))).mul(2);
        case COLUMNS -> unlucky(x.mul(1)).max(0);
      };
    }
  }

  private static Tensor unlucky(Tensor x) {
    return Tensor.apply(new Elementwise(UNLUCKY), List.of(x)).getFirst();
  }

  private static HostTensor x(int at, double value) {
    HostTensor x = HostTensor.full(TensorType.of(DType.F32, 4, N), 1);
    x.setDouble(at, value);
    return x;
  }

  private static HostTensor run(CompiledProgram p, TensorType out, HostTensor x) {
    HostTensor y = HostTensor.allocate(out);
    p.run(List.of(x), List.of(y));
    return y;
  }

  /** Returns what a failed run had read, which nobody may hold any more. */
  private static List<WeakReference<?>> fail(CompiledProgram p, TensorType out) {
    HostTensor x = x(2 * N + 7, 13);
    MemorySegment memory = x.padded();
    assertEquals("13", message(() -> run(p, out, x)));
    return List.of(new WeakReference<>(x), new WeakReference<>(memory));
  }

  private static String message(org.junit.jupiter.api.function.Executable body) {
    Throwable t = assertThrows(IllegalStateException.class, body);
    return t.getMessage();
  }

  @ParameterizedTest
  @EnumSource
  void isFollowedByARightRun(Kind kind) throws InterruptedException {
    for (int threads : new int[] {1, 3}) {
      for (Vectors v : List.of(Vectors.OFF, Vectors.FORCE_256)) {
        Trace t = new Trace("f");
        Tensor in = t.input(TensorType.of(DType.F32, 4, N), Role.INPUT, "");
        var g = t.build(t.run(() -> List.of(t.lift(kind.of(in)))));
        TensorType out = g.outTypes().getFirst();
        CompiledProgram p = new CpuBackend(new CpuOptions(threads, v)).compile(Lowering.lower(g));
        HostTensor good = x(5, 3);
        double[] want = kind.of(good).host().toDoubles();
        List<WeakReference<?>> read = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          read.addAll(fail(p, out));
          assertArrayEquals(want, run(p, out, good).toDoubles());
        }
        read.addAll(fail(p, out));
        assertFalse(read.isEmpty());
        for (WeakReference<?> r : read) {
          assertTrue(isFreed(r), kind + " keeps what it has read");
        }
        Reference.reachabilityFence(p);
      }
    }
  }

  private static boolean isFreed(WeakReference<?> r) throws InterruptedException {
    for (int i = 0; i < 50 && r.get() != null; i++) {
      System.gc();
      Thread.sleep(10);
    }
    return r.get() == null;
  }
}
