package dev.engram.ir.op;

import dev.engram.ir.DType;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import java.util.List;

/**
 * Converts the element type. Float to integer truncates toward zero and saturates, NaN becomes 0;
 * anything to bool is {@code != 0}; bool to number is 0 or 1.
 */
public record Cast(DType to) implements Op {
  public Cast {
    Given.given("Cast", "to", to);
  }

  @Override
  public String mnemonic() {
    return "cast";
  }

  @Override
  public List<TensorType> typeOf(List<TensorType> in) {
    TypeRules.arity("cast", in, 1);
    return List.of(in.getFirst().with(to));
  }
}
