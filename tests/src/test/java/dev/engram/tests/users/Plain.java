package dev.engram.tests.users;

import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import java.util.Arrays;

/**
 * States as plain arrays of small integers: the model. All element types hold them exactly.
 *
 * @param type of every state
 * @param values one array for each state
 */
record Plain(TensorType type, long[][] values) {
  /** No value is further from 0, so that twice as much and some more still fits into an i8. */
  static final int MOST = 30;

  static long clip(long x) {
    return Math.max(-MOST, Math.min(MOST, x));
  }

  Plain copy() {
    return new Plain(type, Arrays.stream(values).map(long[]::clone).toArray(long[][]::new));
  }

  /** The tensor of these values. */
  static HostTensor tensor(TensorType type, long[] values) {
    HostTensor t = HostTensor.allocate(type);
    for (int i = 0; i < values.length; i++) {
      t.setDouble(i, values[i]);
    }
    return t;
  }

  int rows() {
    return type.shape().dim(0);
  }

  /** Elements of a row. */
  int width() {
    return (int) type.size() / rows();
  }

  boolean isSquare() {
    return type.rank() == 2 && type.shape().dim(0) == type.shape().dim(1);
  }
}
