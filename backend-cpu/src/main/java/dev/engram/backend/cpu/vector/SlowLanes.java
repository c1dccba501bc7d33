package dev.engram.backend.cpu.vector;

import dev.engram.ir.op.ElementwiseRow;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Recomputes single lanes for which the fast lane program is not accurate enough. */
public final class SlowLanes {
  private SlowLanes() {}

  public static FloatVector patch(
      FloatVector fast, FloatVector x, VectorMask<Float> where, ElementwiseRow.Real row) {
    FloatVector y = fast;
    for (int i = 0; i < x.length(); i++) {
      if (where.laneIsSet(i)) {
        y = y.withLane(i, (float) row.apply(x.lane(i), 0, 0));
      }
    }
    return y;
  }

  public static DoubleVector patch(
      DoubleVector fast, DoubleVector x, VectorMask<Double> where, ElementwiseRow.Real row) {
    DoubleVector y = fast;
    for (int i = 0; i < x.length(); i++) {
      if (where.laneIsSet(i)) {
        y = y.withLane(i, row.apply(x.lane(i), 0, 0));
      }
    }
    return y;
  }
}
