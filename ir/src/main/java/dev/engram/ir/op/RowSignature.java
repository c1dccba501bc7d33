package dev.engram.ir.op;

import dev.engram.ir.DType;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import java.util.List;

/** Which element types an elementwise row takes, and what it gives. */
public enum RowSignature {
  /** Floats to the same type. */
  FLOAT("a float type"),
  /** Floats or integers to the same type. */
  NUMERIC("a numeric type"),
  /** Integers to the same type. */
  INTEGER("an integer type"),
  /** Bools to bool. */
  LOGIC("bool"),
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

  RowSignature(String expected) {
    this.expected = expected;
  }

  /** True when operands of {@code dtype} (for select: the two choices) are allowed. */
  public boolean accepts(DType dtype) {
    Given.given("RowSignature.accepts", "dtype", dtype);
    return switch (this) {
      case FLOAT, PREDICATE -> dtype.isFloat();
      case NUMERIC -> dtype.isNumeric();
      case INTEGER -> dtype.isInteger();
      case LOGIC -> dtype == DType.BOOL;
      case BITS -> !dtype.isFloat();
      case ANY, COMPARE, SELECT -> true;
    };
  }

  /** True when rows of this kind work on raw bits or integers: their {@code whole} is called. */
  public boolean isWhole(DType dtype) {
    Given.given("RowSignature.isWhole", "dtype", dtype);
    return switch (this) {
      // These pass one operand through, so they work on raw bits of any type.
      case ANY, SELECT -> true;
      case INTEGER, LOGIC, BITS -> true;
      case FLOAT, PREDICATE -> false;
      case NUMERIC, COMPARE -> !dtype.isFloat();
    };
  }

  /** The result's type for operands of {@code dtype} (for select: for such choices). */
  public DType result(DType dtype) {
    Given.given("RowSignature.result", "dtype", dtype);
    return switch (this) {
      case COMPARE, PREDICATE -> DType.BOOL;
      case FLOAT, NUMERIC, INTEGER, LOGIC, BITS, ANY, SELECT -> dtype;
    };
  }

  DType resultType(String op, List<TensorType> in) {
    int first = this == SELECT ? 1 : 0;
    if (this == SELECT && in.getFirst().dtype() != DType.BOOL) {
      throw TypeRules.bad(
          op,
          0,
          in.getFirst(),
          "bool[" + in.getFirst().shape() + "]; compare it with something, such as x.gt(0)");
    }
    DType dtype = in.get(first).dtype();
    if (!accepts(dtype)) {
      throw TypeRules.bad(op, first, in.get(first), expected + "; convert it with .cast(...)");
    }
    for (int i = first + 1; i < in.size(); i++) {
      if (in.get(i).dtype() != dtype) {
        throw TypeRules.bad(
            op,
            i,
            in.get(i),
            in.get(i).with(dtype) + "; convert it with .cast(DType." + dtype.name() + ")");
      }
    }
    return result(dtype);
  }
}
