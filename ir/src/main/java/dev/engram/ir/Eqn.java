package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Op;
import java.util.List;

/**
 * One equation: {@code outputs = op(inputs)}.
 *
 * @param where the user's source line
 */
public record Eqn(Op op, List<Value> inputs, List<Var> outputs, SourceLocation where) {
  public Eqn {
    Given.given("Eqn", "op", op);
    Given.all("Eqn", "inputs", inputs);
    Given.all("Eqn", "outputs", outputs);
    Given.given("Eqn", "where", where);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** Returns operand {@code i}. */
  public Value in(int i) {
    return inputs.get(i);
  }

  /** The same at another line. */
  public Eqn at(SourceLocation line) {
    return new Eqn(op, inputs, outputs, line);
  }

  /** The only output. */
  public Var out() {
    if (outputs.size() != 1) {
      throw new IllegalStateException(op.mnemonic() + " has " + outputs.size() + " outputs");
    }
    return outputs.getFirst();
  }

  @Override
  public boolean equals(Object o) {
    return this == o
        || (o instanceof Eqn e
            && outputs.equals(e.outputs)
            && op.equals(e.op)
            && inputs.equals(e.inputs)
            && where.equals(e.where));
  }

  // Equations with results are told apart by these alone: a variable is defined once.
  @Override
  public int hashCode() {
    return outputs.hashCode();
  }
}
