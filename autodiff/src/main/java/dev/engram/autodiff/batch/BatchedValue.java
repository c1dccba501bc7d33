package dev.engram.autodiff.batch;

import dev.engram.ir.Value;
import java.util.List;

/**
 * A value of a batched graph.
 *
 * @param batched true when axis 0 is the batch axis, false when all examples share the value
 */
record BatchedValue(Value value, boolean batched) {
  static BatchedValue shared(Value v) {
    return new BatchedValue(v, false);
  }

  static BatchedValue batched(Value v) {
    return new BatchedValue(v, true);
  }

  static List<Boolean> flags(List<BatchedValue> in) {
    return in.stream().map(BatchedValue::batched).toList();
  }
}
