package dev.engram.ir.op;

import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import java.util.List;

/** One scalar function applied at every position; all operands have one shape. */
public record Elementwise(ElementwiseRow row) implements Op {
  public Elementwise {
    Given.given("Elementwise", "row", row);
  }

  @Override
  public String mnemonic() {
    return row.name();
  }

  @Override
  public List<TensorType> typeOf(List<TensorType> in) {
    TypeRules.arity(row.name(), in, row.arity());
    Shape shape = in.getFirst().shape();
    for (int i = 1; i < in.size(); i++) {
      if (!in.get(i).shape().equals(shape)) {
        throw TypeRules.bad(
            row.name(),
            i,
            in.get(i),
            in.get(i).dtype() + "[" + shape + "]; broadcast it with .broadcastTo(...)");
      }
    }
    return List.of(new TensorType(row.signature().resultType(row.name(), in), shape));
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Elementwise e && row.equals(e.row);
  }

  @Override
  public int hashCode() {
    return row.hashCode();
  }
}
