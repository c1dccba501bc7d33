package dev.engram.backend.cpu;

import dev.engram.ir.DType;

/**
 * The form of a matrix product C[m,n] = Σ_k A[m,k] B[k,n], or C[m,n] += … where it {@code
 * accumulates}, with contiguous rows of B and C: products of one form share their code. Its kernels
 * take the operands as segments and offsets {@link #A}, {@link #B} and {@link #C} of their frame;
 * their points are rows. Strides are in bytes.
 */
record ProductShape(
    DType dtype,
    int depth,
    int columns,
    long aRow,
    long aDepth,
    long bDepth,
    long cRow,
    boolean accumulates) {
  static final int A = 0;
  static final int B = 1;
  static final int C = 2;
}
