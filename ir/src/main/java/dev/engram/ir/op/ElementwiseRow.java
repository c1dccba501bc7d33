package dev.engram.ir.op;

import dev.engram.ir.GraphException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.syntax.Literals;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One elementwise op. Outside authors make their own rows with {@link #of}.
 *
 * @param name mnemonic
 * @param arity 1 to 3
 * @param signature operand and result element types
 * @param real scalar meaning on floats, in f64; f32 results are rounded from it
 * @param whole scalar meaning on integers and bools; i32 results wrap
 * @param partials one per operand, or empty when the row carries no derivative (comparisons, bits)
 * @param expansion the row written in other rows, for backends that have no cell for it
 * @param domain where random tests sample operands
 * @param flags facts that passes use
 */
public record ElementwiseRow(
    String name,
    int arity,
    RowSignature signature,
    Real real,
    Whole whole,
    List<Partial> partials,
    Optional<Expansion> expansion,
    Domain domain,
    Set<Flag> flags) {

  public ElementwiseRow {
    Given.given("ElementwiseRow", "name", name);
    Given.given("ElementwiseRow", "signature", signature);
    Given.given("ElementwiseRow", "real", real);
    Given.given("ElementwiseRow", "whole", whole);
    Given.all("ElementwiseRow", "partials", partials);
    Given.given("ElementwiseRow", "expansion", expansion);
    Given.given("ElementwiseRow", "domain", domain);
    Given.all("ElementwiseRow", "flags", flags);
    if (!name.matches("[A-Za-z_$][A-Za-z0-9_$.]*")) {
      throw new GraphException(
          "the row's name " + Literals.quoted(name) + " is no name of letters, digits, _ and .");
    }
    if (arity < 1 || arity > 3) {
      throw new GraphException("the row " + name + " has arity " + arity + ", expected 1 to 3");
    }
    if (!partials.isEmpty() && partials.size() != arity) {
      throw new GraphException(
          "the row "
              + name
              + " has "
              + partials.size()
              + " partials, expected "
              + arity
              + ", one for each operand, or none");
    }
    partials = List.copyOf(partials);
    flags = Set.copyOf(flags);
  }

  /** The scalar function on floats; operands beyond the arity are 0. Bools are 0 and 1. */
  @FunctionalInterface
  public interface Real {
    /** Returns the result for one element of each operand. */
    double apply(double a, double b, double c);
  }

  /** The scalar function on integers and bools; operands beyond the arity are 0. */
  @FunctionalInterface
  public interface Whole {
    /** Returns the result for one element of each operand. */
    long apply(long a, long b, long c);
  }

  /** ∂y/∂x_i as IR over the operands x and the result y. */
  @FunctionalInterface
  public interface Partial {
    /** Returns the derivative, elementwise. */
    Tensor apply(List<Tensor> x, Tensor y);
  }

  /** The row as IR over its operands. */
  @FunctionalInterface
  public interface Expansion {
    /** Returns the result of the row. */
    Tensor apply(List<Tensor> x);
  }

  /** The interval that random tests sample each operand from, away from poles and kinks. */
  public record Domain(double low, double high) {
    public Domain {
      if (!(low <= high)) {
        throw new GraphException("a domain from " + low + " to " + high + ", expected low <= high");
      }
    }
  }

  /** Facts about a row. */
  public enum Flag {
    /** The first two operands may be exchanged. */
    COMMUTATIVE,
    /** The derivative is zero wherever it exists: floor, sign, stopGradient. */
    ZERO_DERIVATIVE,
    /** Value passes through unchanged; the row only marks it. */
    IDENTITY,
    /** Integers only meaningful; not defined on floats. */
    NO_REAL,
    /** Floats only meaningful; not defined on integers. */
    NO_WHOLE
  }

  /**
   * A float-only row with derivatives, as outside authors write it.
   *
   * @throws GraphException when the name is no identifier, the arity is none of 1, 2 and 3, or
   *     there are partials for some operands only
   */
  public static ElementwiseRow of(
      String name, int arity, Real real, Domain domain, List<Partial> partials) {
    Given.all("ElementwiseRow.of", "partials", partials);
    return new ElementwiseRow(
        name,
        arity,
        RowSignature.FLOAT,
        real,
        (a, b, c) -> {
          throw new TypeException(name + " is not defined on integers");
        },
        partials,
        Optional.empty(),
        domain,
        Set.of(Flag.NO_WHOLE));
  }

  /** Returns the row with another way to write it in other rows. */
  public ElementwiseRow withExpansion(Expansion e) {
    Given.given("ElementwiseRow.withExpansion", "e", e);
    return new ElementwiseRow(
        name, arity, signature, real, whole, partials, Optional.of(e), domain, flags);
  }

  /** True when the row has this flag. */
  public boolean has(Flag f) {
    Given.given("ElementwiseRow.has", "f", f);
    return flags.contains(f);
  }

  /** True when a derivative with respect to the operands is known (it may be zero). */
  public boolean isDifferentiable() {
    return !partials.isEmpty() || has(Flag.ZERO_DERIVATIVE);
  }

  // Rows are keys of many tables: found by their names, and mostly the same objects.
  @Override
  public boolean equals(Object o) {
    return this == o
        || (o instanceof ElementwiseRow r
            && name.equals(r.name)
            && arity == r.arity
            && signature == r.signature
            && real.equals(r.real)
            && whole.equals(r.whole)
            && partials.equals(r.partials)
            && expansion.equals(r.expansion)
            && domain.equals(r.domain)
            && flags.equals(r.flags));
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return name;
  }
}
