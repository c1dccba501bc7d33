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
 * Rows of a matrix product in plain Java, which the JIT can turn into vector code: the same methods
 * for all shapes, so that it does that early. The version for one shape is {@link
 * dev.engram.backend.cpu.vector.ProductClass}.
 */
public final class ScalarProduct implements Kernel {
  /** Rows and products that are added together. */
  private static final int UNIT = 4;

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
    Object[] a = scratch.rows(dtype, 0, UNIT, depth);
    Object[] b = scratch.rows(dtype, 1, depth, n);
    Object[] c = scratch.rows(dtype, 2, UNIT, n);
    Object earlier = scratch.array(dtype, 0, n);
    copyRows(frame, b, depth);
    for (int q = begin; q < end; q += UNIT) {
      int rows = Math.min(UNIT, end - q);
      for (int i = 0; i < rows; i++) {
        load(frame, q + i, depth, a[i], c[i]);
      }
      add(a, b, depth, c, rows, n);
      for (int i = 0; i < rows; i++) {
        store(frame, q + i, c[i], earlier);
      }
    }
  }

  private void copyRows(KernelArgs frame, Object[] b, int depth) {
    MemorySegment from = frame.segments[ProductShape.B];
    long at = frame.base[ProductShape.B];
    for (int k = 0; k < depth; k++) {
      MemorySegment.copy(from, layout, at + k * shape.bDepth(), b[k], 0, shape.columns());
    }
  }

  private void load(KernelArgs frame, int q, int depth, Object a, Object c) {
    long from = frame.base[ProductShape.A] + q * shape.aRow();
    RowCopies.load(frame.segments[ProductShape.A], from, shape.aDepth(), dtype, a, depth);
    if (shape.accumulates()) {
      MemorySegment.copy(
          frame.segments[ProductShape.C], layout, row(frame, q), c, 0, shape.columns());
    } else {
      Folds.fill(c, dtype, shape.columns(), 0);
    }
  }

  private long row(KernelArgs frame, int q) {
    return frame.base[ProductShape.C] + q * shape.cRow();
  }

  // Blocks that wait are in the rows before those of the sums.
  private void store(KernelArgs frame, int q, Object c, Object earlier) {
    int n = shape.columns();
    MemorySegment to = frame.segments[ProductShape.C];
    long at = row(frame, q);
    for (int i = ProductShape.sums(frame); i > 0; i--) {
      at -= ProductShape.block(frame);
      MemorySegment.copy(to, layout, at, earlier, 0, n);
      Folds.combine(earlier, 0, c, Reduce.Kind.SUM, dtype, n);
    }
    MemorySegment.copy(c, 0, to, layout, at, n);
  }

  private void add(Object[] a, Object[] b, int depth, Object[] c, int rows, int n) {
    int k = 0;
    for (; k + UNIT <= depth; k += UNIT) {
      if (rows == UNIT) {
        add4x4(a, b, k, c, n);
      } else {
        for (int i = 0; i < rows; i++) {
          add1x4(a[i], b, k, c[i], n);
        }
      }
    }
    for (; k < depth; k++) {
      for (int i = 0; i < rows; i++) {
        add1x1(a[i], b[k], k, c[i], n);
      }
    }
  }

  private void add4x4(Object[] a, Object[] b, int k, Object[] c, int n) {
    if (dtype == DType.F32) {
      SumsOfProducts.add4x4((float[][]) a, (float[][]) b, k, (float[][]) c, n);
    } else {
      SumsOfProducts.add4x4((double[][]) a, (double[][]) b, k, (double[][]) c, n);
    }
  }

  private void add1x4(Object a, Object[] b, int k, Object c, int n) {
    if (dtype == DType.F32) {
      SumsOfProducts.add1x4((float[]) a, (float[][]) b, k, (float[]) c, n);
    } else {
      SumsOfProducts.add1x4((double[]) a, (double[][]) b, k, (double[]) c, n);
    }
  }

  private void add1x1(Object a, Object b, int k, Object c, int n) {
    if (dtype == DType.F32) {
      SumsOfProducts.add1x1(((float[]) a)[k], (float[]) b, (float[]) c, n);
    } else {
      SumsOfProducts.add1x1(((double[]) a)[k], (double[]) b, (double[]) c, n);
    }
  }
}
