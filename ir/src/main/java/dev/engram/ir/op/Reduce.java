package dev.engram.ir.op;

import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import java.util.List;

/**
 * Folds {@code axes} away. Axes are sorted ascending.
 *
 * <p>An empty sum is 0, an empty product 1, an empty max or min the type's lowest or highest value
 * (an infinity for floats). Max and min are NaN when an element is. argMax and argMin need at least
 * one element, take exactly one axis and give i32, the first index on ties; NaN is the extreme.
 */
public record Reduce(Kind kind, List<Integer> axes) implements Op {

  /** The fold. */
  public enum Kind {
    /** The sum of the elements. */
    SUM("sum"),
    /** The product of the elements. */
    PROD("prod"),
    /** The greatest element. */
    MAX("max"),
    /** The least element. */
    MIN("min"),
    /** True when one of the bools is. */
    ANY("any"),
    /** True when all of the bools are. */
    ALL("all"),
    /** The index of the greatest element. */
    ARGMAX("argMax"),
    /** The index of the least element. */
    ARGMIN("argMin");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  public Reduce {
    Given.given("Reduce", "kind", kind);
    Given.all("Reduce", "axes", axes);
    axes = axes.stream().sorted().toList();
  }

  @Override
  public String mnemonic() {
    return "reduce_" + kind;
  }

  @Override
  public List<TensorType> typeOf(List<TensorType> in) {
    TypeRules.arity(mnemonic(), in, 1);
    TensorType x = in.getFirst();
    TypeRules.axes(mnemonic(), "axes", axes, x.rank());
    Shape out = x.shape().without(axes);
    return List.of(
        switch (kind) {
          case SUM, PROD, MAX, MIN -> {
            if (!x.dtype().isNumeric()) {
              throw TypeRules.bad(mnemonic(), 0, x, "a numeric type; convert it with .cast(...)");
            }
            yield x.with(out);
          }
          case ANY, ALL -> {
            if (x.dtype() != DType.BOOL) {
              throw TypeRules.bad(mnemonic(), 0, x, "bool[" + x.shape() + "]");
            }
            yield x.with(out);
          }
          case ARGMAX, ARGMIN -> {
            if (!x.dtype().isNumeric()) {
              throw TypeRules.bad(mnemonic(), 0, x, "a numeric type");
            }
            if (axes.size() != 1) {
              throw TypeRules.attribute(mnemonic(), "axes", axes, "exactly one axis");
            }
            if (x.shape().dim(axes.getFirst()) == 0) {
              throw TypeRules.bad(mnemonic(), 0, x, "a non-empty axis " + axes.getFirst());
            }
            yield new TensorType(DType.I32, out);
          }
        });
  }
}
