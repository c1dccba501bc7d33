package dev.engram.tests.random;

import dev.engram.ir.op.ElementwiseRow;
import java.util.List;

/**
 * The range and the steepness of a row over operands in {@code low … high}.
 *
 * @param samples points per axis, the ends included
 */
record Box(ElementwiseRow row, List<ElementwiseRow.Domain> sides, int samples) {

  static Box of(ElementwiseRow row, List<Facts> operands) {
    boolean positive = row.domain().low() >= 0;
    List<ElementwiseRow.Domain> sides =
        operands.stream()
            .map(
                f ->
                    positive && f.bound() <= row.domain().high()
                        ? row.domain()
                        : new ElementwiseRow.Domain(-f.bound(), f.bound()))
            .toList();
    return new Box(row, sides, 7);
  }

  double bound() {
    double[] most = {0};
    each((a, b) -> most[0] = Math.max(most[0], Math.abs(row.real().apply(a, b, 0))));
    return most[0] * 1.05;
  }

  /** Estimates the largest partial derivative in operand {@code i}. */
  double slope(int i) {
    double h = 1e-3;
    double[] most = {0};
    each(
        (a, b) -> {
          double up = row.real().apply(a + (i == 0 ? h : 0), b + (i == 1 ? h : 0), 0);
          most[0] = Math.max(most[0], Math.abs(up - row.real().apply(a, b, 0)) / h);
        });
    return most[0] * 1.3;
  }

  private interface At {
    void point(double a, double b);
  }

  private void each(At at) {
    for (int i = 0; i < samples; i++) {
      double a = place(0, i);
      if (sides.size() == 1) {
        at.point(a, 0);
        continue;
      }
      for (int j = 0; j < samples; j++) {
        at.point(a, place(1, j));
      }
    }
  }

  private double place(int side, int i) {
    ElementwiseRow.Domain s = sides.get(side);
    return s.low() + (s.high() - s.low()) * i / (samples - 1);
  }
}
