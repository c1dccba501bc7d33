package dev.engram.ir.checks;

import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks shared by the type rules. */
public final class TypeRules {
  private TypeRules() {}

  public static void arity(String op, List<TensorType> in, int n) {
    Given.all(op, "in", in);
    if (in.size() != n) {
      throw new TypeException(op + ": got " + in.size() + " operands, expected " + n);
    }
  }

  /** Operand {@code i} when it is there. */
  public static Tensor given(String op, int i, @Nullable Tensor t) {
    return t == null ? Given.given(op + ": operand " + i, t) : t;
  }

  public static TypeException bad(String op, int operand, TensorType got, String expected) {
    return new TypeException(
        op + ": operand " + operand + " has type " + got + ", expected " + expected);
  }

  public static TypeException attribute(String op, String name, Object got, String expected) {
    return new TypeException(op + ": " + name + "=" + got + ", expected " + expected);
  }

  /**
   * {@code n} as the length of an axis.
   *
   * @param what the axis and its operand, for the error
   */
  public static int length(String op, String what, long n) {
    if (n > Integer.MAX_VALUE) {
      throw new TypeException(
          op + ": " + what + " becomes " + n + " long, expected at most " + Integer.MAX_VALUE);
    }
    return (int) n;
  }

  /** Every axis in range and named once. */
  public static void axes(String op, String name, List<Integer> axes, int rank) {
    boolean[] seen = new boolean[rank];
    for (int a : axes) {
      if (a < 0 || a >= rank) {
        throw attribute(op, name, axes, "axes in 0.." + (rank - 1));
      }
      if (seen[a]) {
        throw attribute(op, name, axes, "every axis once");
      }
      seen[a] = true;
    }
  }
}
