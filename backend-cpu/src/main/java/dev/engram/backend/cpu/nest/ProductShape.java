package dev.engram.backend.cpu.nest;

import dev.engram.backend.cpu.run.KernelArgs;
import dev.engram.ir.DType;

/**
 * The form of a matrix product C[m,n] = Σ_k A[m,k] B[k,n], or C[m,n] += … if it {@code
 * accumulates}, with contiguous rows of B and C. Products of the same form share their code.
 * Kernels take the operands as segments and offsets {@link #A}, {@link #B} and {@link #C} of their
 * arguments; their points are rows of C. Strides are in bytes.
 *
 * <p>A run adds {@link #depth} products to each sum. Then it joins blocks of a fold: {@link #sums}
 * times, the rows are added to those {@link #block} bytes before them, which are the rows of the
 * next addition.
 */
public record ProductShape(
    DType dtype, int columns, long aRow, long aDepth, long bDepth, long cRow, boolean accumulates) {
  public static final int A = 0;
  public static final int B = 1;
  public static final int C = 2;

  private static final int DEPTH = 3;
  private static final int SUMS = 4;
  private static final int BLOCK = 5;

  /** Makes the arguments of a product. */
  public static KernelArgs operands() {
    return new KernelArgs(3, 6);
  }

  /**
   * Sets what the next run of a kernel does.
   *
   * @param block bytes between the rows of one block and those of the next
   */
  public static void set(KernelArgs operands, int depth, int sums, long block) {
    operands.base[DEPTH] = depth;
    operands.base[SUMS] = sums;
    operands.base[BLOCK] = block;
  }

  public static int depth(KernelArgs operands) {
    return (int) operands.base[DEPTH];
  }

  public static int sums(KernelArgs operands) {
    return (int) operands.base[SUMS];
  }

  public static long block(KernelArgs operands) {
    return operands.base[BLOCK];
  }
}
