package dev.engram.ir;

import java.util.List;

/** Which element types an elementwise row takes, and what it gives. */
public enum Signature {
  /** Floats to the same type. */
  FLOAT("a float type"),
  /** Floats or integers to the same type. */
  NUMERIC("a numeric type"),
  /** Integers to the same type. */
  INTEGER("an integer type"),
  /** Integers or bools to the same type. */
  BITS("an integer type or bool"),
  /** Any type to the same type. */
  ANY("any type"),
  /** Two operands of one type to bool. */
  COMPARE("any type"),
  /** Floats to bool. */
  PREDICATE("a float type"),
  /** A bool and two operands of one type, to that type. */
  SELECT("any type");

  private final String expected;

  Signature(String expected) {
    this.expected = expected;
  }

  /** True when operands of {@code dtype} (for select: the two choices) are allowed. */
  public boolean accepts(DType dtype) {
    return switch (this) {
      case FLOAT, PREDICATE -> dtype.isFloat();
      case NUMERIC -> dtype.isNumeric();
      case INTEGER -> dtype.isInteger();
      case BITS -> !dtype.isFloat();
      case ANY, COMPARE, SELECT -> true;
    };
  }

  DType resultType(String op, List<TensorType> in) {
    int first = this == SELECT ? 1 : 0;
    if (this == SELECT && in.getFirst().dtype() != DType.BOOL) {
      throw Types.bad(op, 0, in.getFirst(), "bool[" + in.getFirst().shape() + "]");
    }
    DType dtype = in.get(first).dtype();
    if (!accepts(dtype)) {
      throw Types.bad(op, first, in.get(first), expected + "; convert it with .cast(...)");
    }
    for (int i = first + 1; i < in.size(); i++) {
      if (in.get(i).dtype() != dtype) {
        throw Types.bad(
            op,
            i,
            in.get(i),
            in.get(i).with(dtype) + "; convert it with .cast(DType." + dtype.name() + ")");
      }
    }
    return this == COMPARE || this == PREDICATE ? DType.BOOL : dtype;
  }
}
