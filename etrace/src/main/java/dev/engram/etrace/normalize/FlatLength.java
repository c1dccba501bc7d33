package dev.engram.etrace.normalize;

import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.SaturatedCount;
import dev.engram.ir.tensor.Moves;
import java.util.List;

/** Lengths of axes that have all elements of tensors. */
public final class FlatLength {
  private FlatLength() {}

  /**
   * The number of elements of {@code type}.
   *
   * @throws TypeException when that is no length of an axis
   */
  public static int of(TensorType type) {
    return of(List.of(type));
  }

  /** That of several together. */
  public static int of(List<TensorType> types) {
    long all = types.stream().mapToLong(TensorType::size).reduce(0, SaturatedCount::sum);
    return Moves.length("online learning", "one axis for all elements of " + types, all);
  }
}
