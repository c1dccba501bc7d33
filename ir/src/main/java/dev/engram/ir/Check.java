package dev.engram.ir;

import java.util.List;

/**
 * Gives its integer operand back unchanged, and stops the run with a {@link RunException} when an
 * element is not in {@code low <= x < high}. The message names {@code what}, the first offending
 * index in row-major order, its value, the range, and the user's line.
 */
public record Check(String what, long low, long high) implements Op {
  @Override
  public String mnemonic() {
    return "check";
  }

  @Override
  public List<TensorType> typeOf(List<TensorType> in) {
    Types.arity("check", in, 1);
    if (!in.getFirst().dtype().isInteger()) {
      throw Types.bad("check", 0, in.getFirst(), "an integer type");
    }
    return List.of(in.getFirst());
  }

  /** The message for a failing element. */
  public String message(String index, long value, Where where) {
    return what
        + "["
        + index
        + "] = "
        + value
        + ", expected "
        + low
        + " <= value < "
        + high
        + " ("
        + where
        + ")";
  }
}
