package dev.engram.autodiff;

import dev.engram.ir.Value;
import java.util.List;

/**
 * A value of a batched graph.
 *
 * @param batched true when axis 0 is the batch axis, false when all examples share the value
 */
record Wide(Value value, boolean batched) {
  static Wide shared(Value v) {
    return new Wide(v, false);
  }

  static Wide batched(Value v) {
    return new Wide(v, true);
  }

  static List<Boolean> flags(List<Wide> in) {
    return in.stream().map(Wide::batched).toList();
  }
}
