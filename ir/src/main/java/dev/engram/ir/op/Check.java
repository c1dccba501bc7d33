package dev.engram.ir.op;

import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import java.util.List;
import java.util.Set;

/**
 * Gives its operand back unchanged, and stops the run with a {@link RunException} when an element
 * is not as it should be. The message names the first offending index in row-major order, what is
 * there, and the user's line.
 *
 * <p>What is compared is a whole number for each element, its {@link #code}, with {@code low <=
 * code < high}.
 */
public sealed interface Check extends Op {

  @Override
  default Set<Effect> effects(List<TensorType> operands) {
    Given.all("Check.effects", "operands", operands);
    return Set.of(Effect.CHECK);
  }

  /** Names the operand, or the op that made it. */
  String what();

  /** The least code that passes. */
  long low();

  /** The least code above those that pass. */
  long high();

  /** The number for the element of {@code x} at {@code i}. */
  long code(HostTensor x, long i);

  /** The message for an element with this code. */
  String message(String index, long code, SourceLocation where);

  /** Integers in {@code low <= x < high}; {@code what} names them in the message. */
  record Range(String what, long low, long high) implements Check {
    public Range {
      Given.given("Range", "what", what);
    }

    @Override
    public String mnemonic() {
      return "check";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("check", in, 1);
      if (!in.getFirst().dtype().isInteger()) {
        throw TypeRules.bad(
            "check", 0, in.getFirst(), "an integer type; convert it with .cast(DType.I32)");
      }
      return List.of(in.getFirst());
    }

    @Override
    public long code(HostTensor x, long i) {
      Given.given("Range.code", "x", x);
      return x.bits(i);
    }

    @Override
    public String message(String index, long value, SourceLocation where) {
      Given.given("Range.message", "index", index);
      Given.given("Range.message", "where", where);
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

  /**
   * Floats that are neither NaN nor infinite; {@code what} is the op that made them. The derivative
   * passes through unchecked.
   */
  record Finite(String what) implements Check {
    public Finite {
      Given.given("Finite", "what", what);
    }

    /** The code of a finite element; the others are beside it. */
    public static final int OK = 1;

    /** The code of NaN. */
    public static final int NAN = 0;

    /** The code of +∞. */
    public static final int INFINITY = 2;

    /** The code of -∞. */
    public static final int MINUS_INFINITY = 3;

    @Override
    public String mnemonic() {
      return "checkFinite";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("checkFinite", in, 1);
      if (!in.getFirst().dtype().isFloat()) {
        throw TypeRules.bad("checkFinite", 0, in.getFirst(), "a float type");
      }
      return List.of(in.getFirst());
    }

    @Override
    public long low() {
      return OK;
    }

    @Override
    public long high() {
      return OK + 1;
    }

    @Override
    public long code(HostTensor x, long i) {
      Given.given("Finite.code", "x", x);
      double v = x.getDouble(i);
      return Double.isNaN(v) ? NAN : Double.isFinite(v) ? OK : v > 0 ? INFINITY : MINUS_INFINITY;
    }

    @Override
    public String message(String index, long code, SourceLocation where) {
      Given.given("Finite.message", "index", index);
      Given.given("Finite.message", "where", where);
      String value = code == NAN ? "NaN" : code == INFINITY ? "Infinity" : "-Infinity";
      return what
          + " gives "
          + value
          + " at ["
          + index
          + "] ("
          + where
          + "); keep what goes into it in range, as with clip, or where weights have grown lower"
          + " the rate or clip gradients";
    }
  }
}
