package dev.engram.backend.cpu.scalar;

/**
 * Sums of products of a {@link ScalarProduct}: c[j] += a_k b_k[j], for some k, one after the other.
 * All arrays are indexed by the loop's variable alone: with any other index the JIT takes into
 * account that what it stores may be what it loads next, and does not use vectors.
 */
final class SumsOfProducts {
  private SumsOfProducts() {}

  /** Adds the products of four columns of A and rows of B, from {@code k} on, to four rows. */
  static void add4x4(float[][] a, float[][] b, int k, float[][] c, int n) {
    float[] a0 = a[0];
    float[] a1 = a[1];
    float[] a2 = a[2];
    float[] a3 = a[3];
    float a00 = a0[k];
    float a01 = a0[k + 1];
    float a02 = a0[k + 2];
    float a03 = a0[k + 3];
    float a10 = a1[k];
    float a11 = a1[k + 1];
    float a12 = a1[k + 2];
    float a13 = a1[k + 3];
    float a20 = a2[k];
    float a21 = a2[k + 1];
    float a22 = a2[k + 2];
    float a23 = a2[k + 3];
    float a30 = a3[k];
    float a31 = a3[k + 1];
    float a32 = a3[k + 2];
    float a33 = a3[k + 3];
    float[] b0 = b[k];
    float[] b1 = b[k + 1];
    float[] b2 = b[k + 2];
    float[] b3 = b[k + 3];
    float[] c0 = c[0];
    float[] c1 = c[1];
    float[] c2 = c[2];
    float[] c3 = c[3];
    for (int j = 0; j < n; j++) {
      float x0 = b0[j];
      float x1 = b1[j];
      float x2 = b2[j];
      float x3 = b3[j];
      c0[j] = fma4(a00, x0, a01, x1, a02, x2, a03, x3, c0[j]);
      c1[j] = fma4(a10, x0, a11, x1, a12, x2, a13, x3, c1[j]);
      c2[j] = fma4(a20, x0, a21, x1, a22, x2, a23, x3, c2[j]);
      c3[j] = fma4(a30, x0, a31, x1, a32, x2, a33, x3, c3[j]);
    }
  }

  private static float fma4(
      float a0, float x0, float a1, float x1, float a2, float x2, float a3, float x3, float c) {
    return Math.fma(a3, x3, Math.fma(a2, x2, Math.fma(a1, x1, Math.fma(a0, x0, c))));
  }

  /** Adds the products of four columns of A and rows of B, from {@code k} on, to one row. */
  static void add1x4(float[] a, float[][] b, int k, float[] c, int n) {
    float a0 = a[k];
    float a1 = a[k + 1];
    float a2 = a[k + 2];
    float a3 = a[k + 3];
    float[] b0 = b[k];
    float[] b1 = b[k + 1];
    float[] b2 = b[k + 2];
    float[] b3 = b[k + 3];
    for (int j = 0; j < n; j++) {
      c[j] = fma4(a0, b0[j], a1, b1[j], a2, b2[j], a3, b3[j], c[j]);
    }
  }

  static void add1x1(float a, float[] b, float[] c, int n) {
    for (int j = 0; j < n; j++) {
      c[j] = Math.fma(a, b[j], c[j]);
    }
  }

  /** Like that for floats. */
  static void add4x4(double[][] a, double[][] b, int k, double[][] c, int n) {
    double[] a0 = a[0];
    double[] a1 = a[1];
    double[] a2 = a[2];
    double[] a3 = a[3];
    double a00 = a0[k];
    double a01 = a0[k + 1];
    double a02 = a0[k + 2];
    double a03 = a0[k + 3];
    double a10 = a1[k];
    double a11 = a1[k + 1];
    double a12 = a1[k + 2];
    double a13 = a1[k + 3];
    double a20 = a2[k];
    double a21 = a2[k + 1];
    double a22 = a2[k + 2];
    double a23 = a2[k + 3];
    double a30 = a3[k];
    double a31 = a3[k + 1];
    double a32 = a3[k + 2];
    double a33 = a3[k + 3];
    double[] b0 = b[k];
    double[] b1 = b[k + 1];
    double[] b2 = b[k + 2];
    double[] b3 = b[k + 3];
    double[] c0 = c[0];
    double[] c1 = c[1];
    double[] c2 = c[2];
    double[] c3 = c[3];
    for (int j = 0; j < n; j++) {
      double x0 = b0[j];
      double x1 = b1[j];
      double x2 = b2[j];
      double x3 = b3[j];
      c0[j] = fma4(a00, x0, a01, x1, a02, x2, a03, x3, c0[j]);
      c1[j] = fma4(a10, x0, a11, x1, a12, x2, a13, x3, c1[j]);
      c2[j] = fma4(a20, x0, a21, x1, a22, x2, a23, x3, c2[j]);
      c3[j] = fma4(a30, x0, a31, x1, a32, x2, a33, x3, c3[j]);
    }
  }

  private static double fma4(
      double a0,
      double x0,
      double a1,
      double x1,
      double a2,
      double x2,
      double a3,
      double x3,
      double c) {
    return Math.fma(a3, x3, Math.fma(a2, x2, Math.fma(a1, x1, Math.fma(a0, x0, c))));
  }

  /** Like that for floats. */
  static void add1x4(double[] a, double[][] b, int k, double[] c, int n) {
    double a0 = a[k];
    double a1 = a[k + 1];
    double a2 = a[k + 2];
    double a3 = a[k + 3];
    double[] b0 = b[k];
    double[] b1 = b[k + 1];
    double[] b2 = b[k + 2];
    double[] b3 = b[k + 3];
    for (int j = 0; j < n; j++) {
      c[j] = fma4(a0, b0[j], a1, b1[j], a2, b2[j], a3, b3[j], c[j]);
    }
  }

  static void add1x1(double a, double[] b, double[] c, int n) {
    for (int j = 0; j < n; j++) {
      c[j] = Math.fma(a, b[j], c[j]);
    }
  }
}
