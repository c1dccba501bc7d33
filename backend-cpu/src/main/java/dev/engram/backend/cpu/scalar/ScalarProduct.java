package dev.engram.backend.cpu.scalar;

import dev.engram.backend.cpu.nest.ProductShape;
import dev.engram.backend.cpu.run.Folds;
import dev.engram.backend.cpu.run.Kernel;
import dev.engram.backend.cpu.run.KernelArgs;
import dev.engram.backend.cpu.run.Scratch;
import dev.engram.ir.DType;
import dev.engram.ir.op.Reduce;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Rows of a matrix product in plain Java: one method for all shapes, so that the JIT compiles it
 * early. The vector version is {@link dev.engram.backend.cpu.vector.ProductClass}.
 */
public final class ScalarProduct implements Kernel {
  private final ProductShape shape;
  private final DType dtype;
  private final ValueLayout layout;

  public ScalarProduct(ProductShape shape) {
    this.shape = shape;
    this.dtype = shape.dtype();
    this.layout = dtype == DType.F32 ? ValueLayout.JAVA_FLOAT : ValueLayout.JAVA_DOUBLE;
  }

  @Override
  public void run(KernelArgs frame, Scratch scratch, int begin, int end) {
    int depth = ProductShape.depth(frame);
    int n = shape.columns();
    Object b = scratch.array(dtype, 0, depth * n);
    Object a = scratch.array(dtype, 1, depth);
    Object c = scratch.array(dtype, 2, n);
    Object earlier = scratch.array(dtype, 3, n);
    copyRows(frame, b, depth);
    for (int q = begin; q < end; q++) {
      row(frame, q, depth, a, b, c, earlier);
    }
  }

  private void copyRows(KernelArgs frame, Object b, int depth) {
    int n = shape.columns();
    MemorySegment from = frame.segments[ProductShape.B];
    long at = frame.base[ProductShape.B];
    for (int k = 0; k < depth; k++) {
      MemorySegment.copy(from, layout, at + k * shape.bDepth(), b, k * n, n);
    }
  }

  private void row(
      KernelArgs frame, int q, int depth, Object a, Object b, Object c, Object earlier) {
    int n = shape.columns();
    long aAt = frame.base[ProductShape.A] + q * shape.aRow();
    long cAt = frame.base[ProductShape.C] + q * shape.cRow();
    MemorySegment cs = frame.segments[ProductShape.C];
    RowCopies.load(frame.segments[ProductShape.A], aAt, shape.aDepth(), dtype, a, depth);
    if (shape.accumulates()) {
      MemorySegment.copy(cs, layout, cAt, c, 0, n);
    } else {
      Folds.fill(c, dtype, n, 0);
    }
    if (dtype == DType.F32) {
      add((float[]) a, (float[]) b, depth, (float[]) c, n);
    } else {
      add((double[]) a, (double[]) b, depth, (double[]) c, n);
    }
    for (int i = ProductShape.sums(frame); i > 0; i--) {
      cAt -= ProductShape.block(frame);
      MemorySegment.copy(cs, layout, cAt, earlier, 0, n);
      Folds.combine(earlier, 0, c, Reduce.Kind.SUM, dtype, n);
    }
    MemorySegment.copy(c, 0, cs, layout, cAt, n);
  }

  private static void add(float[] a, float[] b, int depth, float[] c, int n) {
    int k = 0;
    for (; k + 4 <= depth; k += 4) {
      add4(a, b, k, c, n);
    }
    for (; k < depth; k++) {
      add1(a[k], b, k * n, c, n);
    }
  }

  // c += a_k b_k, four products one after the other
  private static void add4(float[] a, float[] b, int k, float[] c, int n) {
    float a0 = a[k];
    float a1 = a[k + 1];
    float a2 = a[k + 2];
    float a3 = a[k + 3];
    int o0 = k * n;
    int o1 = o0 + n;
    int o2 = o1 + n;
    int o3 = o2 + n;
    for (int j = 0; j < n; j++) {
      float s = Math.fma(a0, b[o0 + j], c[j]);
      s = Math.fma(a1, b[o1 + j], s);
      s = Math.fma(a2, b[o2 + j], s);
      c[j] = Math.fma(a3, b[o3 + j], s);
    }
  }

  private static void add1(float a, float[] b, int o, float[] c, int n) {
    for (int j = 0; j < n; j++) {
      c[j] = Math.fma(a, b[o + j], c[j]);
    }
  }

  private static void add(double[] a, double[] b, int depth, double[] c, int n) {
    int k = 0;
    for (; k + 4 <= depth; k += 4) {
      add4(a, b, k, c, n);
    }
    for (; k < depth; k++) {
      add1(a[k], b, k * n, c, n);
    }
  }

  private static void add4(double[] a, double[] b, int k, double[] c, int n) {
    double a0 = a[k];
    double a1 = a[k + 1];
    double a2 = a[k + 2];
    double a3 = a[k + 3];
    int o0 = k * n;
    int o1 = o0 + n;
    int o2 = o1 + n;
    int o3 = o2 + n;
    for (int j = 0; j < n; j++) {
      double s = Math.fma(a0, b[o0 + j], c[j]);
      s = Math.fma(a1, b[o1 + j], s);
      s = Math.fma(a2, b[o2 + j], s);
      c[j] = Math.fma(a3, b[o3 + j], s);
    }
  }

  private static void add1(double a, double[] b, int o, double[] c, int n) {
    for (int j = 0; j < n; j++) {
      c[j] = Math.fma(a, b[o + j], c[j]);
    }
  }
}
