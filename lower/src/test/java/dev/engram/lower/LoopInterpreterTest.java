package dev.engram.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Reduce;
import dev.engram.lower.inspect.ProgramVerifier;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

/** The order of folds and the bounds of accesses, which every backend shares. */
class LoopInterpreterTest {
  private static final int N = 37;

  private static Access along(int buffer) {
    return new Access(buffer, new AffineMap(0, List.of(), List.of(1L)));
  }

  private static float fold(Instr fold, float[] a, float[] b) {
    TensorType t = TensorType.of(DType.F32, N);
    Instr store =
        new Instr.Store(DType.F32, new Access(2, new AffineMap(0, List.of(), List.of(0L))), 2);
    Stmt nest =
        new Stmt.Nest(
            "fold",
            List.of(new Stmt.Axis(N, true)),
            List.of(new Instr.Load(DType.F32, along(0)), new Instr.Load(DType.F32, along(1)), fold),
            List.of(store),
            SourceLocation.UNKNOWN);
    LoopProgram p =
        new LoopProgram(
            "fold",
            List.of(
                new LoopBuffer(t, new LoopBuffer.Place.Input(0)),
                new LoopBuffer(t, new LoopBuffer.Place.Input(1)),
                new LoopBuffer(TensorType.scalar(DType.F32), new LoopBuffer.Place.Output(0))),
            List.of(0, 1),
            List.of(2),
            List.of(nest),
            0);
    ProgramVerifier.verify(p);
    List<HostTensor> in = List.of(HostTensor.of(a, N), HostTensor.of(b, N));
    return (float) LoopInterpreter.run(p, in).getFirst().item();
  }

  private static float[] numbers(int seed) {
    java.util.Random r = new java.util.Random(seed);
    float[] x = new float[N];
    for (int i = 0; i < N; i++) {
      x[i] = (float) (r.nextGaussian() * Math.pow(10, r.nextInt(6)));
    }
    return x;
  }

  @Test
  void oneLaneFoldsInOrder() {
    float[] a = numbers(1);
    float want = 0;
    for (float x : a) {
      want += x;
    }
    assertEquals(want, fold(new Instr.Fold(Reduce.Kind.SUM, DType.F32, 0, FoldOrder.PLAIN), a, a));
  }

  @Test
  void lanesFoldApartAndThenInHalves() {
    float[] a = numbers(2);
    float[] p = new float[16];
    for (int r = 0; r < N; r++) {
      p[r % 16] += a[r];
    }
    for (int half = 8; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        p[i] += p[i + half];
      }
    }
    float lanes = fold(new Instr.Fold(Reduce.Kind.SUM, DType.F32, 0, FoldOrder.inLanes(16)), a, a);
    assertEquals(p[0], lanes);
    assertNotEquals(
        fold(new Instr.Fold(Reduce.Kind.SUM, DType.F32, 0, FoldOrder.PLAIN), a, a), lanes);
  }

  @Test
  void blocksAreAddedByTheTree() {
    int others = 0;
    for (int seed = 0; seed < 20; seed++) {
      float[] a = numbers(seed);
      List<Float> shares = new ArrayList<>();
      for (int s = 0; s < N; s += 23) {
        int end = Math.min(N, s + 23);
        List<Float> blocks = new ArrayList<>();
        for (int b = s; b < end; b += 7) {
          float sum = 0;
          for (int i = b; i < Math.min(end, b + 7); i++) {
            sum += a[i];
          }
          blocks.add(sum);
        }
        shares.add(tree(blocks));
      }
      FoldOrder order = new FoldOrder(1, 7, 23);
      float got = fold(new Instr.Fold(Reduce.Kind.SUM, DType.F32, 0, order), a, a);
      assertEquals(tree(shares), got);
      float chain = fold(new Instr.Fold(Reduce.Kind.SUM, DType.F32, 0, FoldOrder.PLAIN), a, a);
      others += chain == got ? 0 : 1;
    }
    assertTrue(others > 5, others + " of 20 differ from one chain");
  }

  // The first 2ᵏ leaves, and the rest.
  private static float tree(List<Float> leaves) {
    int n = leaves.size();
    if (n == 1) {
      return leaves.getFirst();
    }
    int half = Integer.highestOneBit(n - 1);
    return tree(leaves.subList(0, half)) + tree(leaves.subList(half, n));
  }

  @Test
  void productsAreFused() {
    // -(1 + 2⁻¹²) + (1 + 2⁻¹³)² = 2⁻²⁶, and 0 when the square is rounded first.
    float[] a = new float[N];
    float[] b = new float[N];
    a[0] = -(1 + 0x1p-12f);
    b[0] = 1;
    a[1] = 1 + 0x1p-13f;
    b[1] = a[1];
    float fused = 0;
    float apart = 0;
    for (int i = 0; i < N; i++) {
      fused = Math.fma(a[i], b[i], fused);
      apart += a[i] * b[i];
    }
    assertEquals(fused, fold(new Instr.DotFold(DType.F32, 0, 1, FoldOrder.PLAIN), a, b));
    assertEquals(0x1p-26f, fused);
    assertEquals(0, apart);
  }

  @Test
  void anAccessOutsideItsBufferIsNamed() {
    TensorType t = TensorType.of(DType.F32, 4);
    Access far = new Access(0, new AffineMap(2, List.of(), List.of(1L)));
    Stmt nest =
        new Stmt.Nest(
            "shifted",
            List.of(new Stmt.Axis(4, false)),
            List.of(new Instr.Load(DType.F32, far)),
            List.of(),
            new SourceLocation("Model.java", 9));
    LoopProgram p =
        new LoopProgram(
            "far",
            List.of(new LoopBuffer(t, new LoopBuffer.Place.Input(0))),
            List.of(0),
            List.of(),
            List.of(nest),
            0);
    LoweringException e =
        assertThrows(
            LoweringException.class,
            () -> LoopInterpreter.run(p, List.of(HostTensor.of(new float[4], 4))));
    assertTrue(
        e.getMessage().contains("shifted (Model.java:9): instruction 0 reaches element 4"),
        e.getMessage());
  }

  @Test
  void itIsFoundAsABackend() {
    List<String> names =
        ServiceLoader.load(Backend.class).stream().map(b -> b.get().name()).toList();
    assertTrue(names.contains("loops"), names.toString());
  }
}
