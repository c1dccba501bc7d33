package dev.engram.tests.slopes;

import dev.engram.ir.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Operands over the whole range of a type, and many near special points. */
final class Points {
  private Points() {}

  private static double least(DType t) {
    return t == DType.F32 ? Float.MIN_VALUE : Double.MIN_VALUE;
  }

  private static double greatest(DType t) {
    return t == DType.F32 ? Float.MAX_VALUE : Double.MAX_VALUE;
  }

  private static double rounded(DType t, double v) {
    return t == DType.F32 ? (float) v : v;
  }

  /** From the least to the greatest exponent in {@code steps} steps, both signs. */
  private static List<Double> everywhere(DType t, int steps, SplittableRandom random) {
    int low = t == DType.F32 ? -149 : -1074;
    int high = t == DType.F32 ? 127 : 1023;
    List<Double> out = new ArrayList<>();
    for (int i = 0; i <= steps; i++) {
      double v = Math.scalb(random.nextDouble(1, 2), low + (int) ((long) i * (high - low) / steps));
      out.add(v);
      out.add(-v);
    }
    return out;
  }

  static List<double[]> one(DType t, SplittableRandom random) {
    List<Double> v = everywhere(t, 60, random);
    int digits = t == DType.F32 ? 24 : 53;
    for (int i = 1; i <= digits; i++) {
      double d = Math.scalb(1.0, -i);
      v.addAll(List.of(1 - d, 1 + d, -1 + d, -1 - d, 0.5 - d / 2, 0.5 + d));
    }
    for (int i = -12; i <= 12; i++) {
      v.add(i / 2.0);
    }
    for (int i = 0; i < 40; i++) {
      v.add(random.nextDouble(-2, 2));
      v.add(random.nextDouble(-20, 20));
      v.add(random.nextDouble(-110, 110));
    }
    v.add(t == DType.F32 ? 128.2 : 1024.2); // 2^x overflows, its derivative does not
    v.addAll(List.of(0.0, -0.0, least(t), -least(t), greatest(t), -greatest(t)));
    return v.stream().map(x -> new double[] {rounded(t, x)}).toList();
  }

  static List<double[]> two(DType t, SplittableRandom random) {
    List<Double> v = everywhere(t, 9, random);
    v.addAll(List.of(0.0, least(t), -least(t), greatest(t), -greatest(t)));
    v.addAll(List.of(1.0, -1.0, 2.0, 3.0, -2.5, 0.5, 0.75 * greatest(t), 1e-3, 1e3));
    List<double[]> out = new ArrayList<>();
    for (double a : v) {
      for (double b : v) {
        out.add(new double[] {a, b});
      }
    }
    for (int i = 0; i < 60; i++) {
      out.add(new double[] {random.nextDouble(-5, 5), random.nextDouble(-5, 5)});
      double a = random.nextDouble(-3, 3);
      double near = Math.scalb(random.nextDouble(-1, 1), -random.nextInt(20));
      out.add(new double[] {a, a * (1 + near)});
      out.add(new double[] {a, a * near});
      double few = random.nextInt(1, 9) * least(t);
      double less = Math.scalb(random.nextDouble(1, 2), -random.nextInt(4, 40));
      out.add(new double[] {few, less});
      out.add(new double[] {less, few});
    }
    return out.stream().map(x -> new double[] {rounded(t, x[0]), rounded(t, x[1])}).toList();
  }
}
