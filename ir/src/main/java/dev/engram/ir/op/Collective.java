package dev.engram.ir.op;

import dev.engram.ir.DType;
import dev.engram.ir.GraphException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import java.util.List;
import java.util.Set;

/**
 * An op over an axis that has a name and no place yet: the examples that a {@code vmap} with this
 * axis name maps over. Batching over the axis turns it into ordinary ops; before that it cannot
 * run.
 */
public sealed interface Collective extends Custom {

  @Override
  default Set<Effect> effects(List<TensorType> operands) {
    Given.all("Collective.effects", "operands", operands);
    return Set.of(Effect.COLLECTIVE);
  }

  /** The name of the mapped axis. */
  String axis();

  @Override
  default List<Tensor> expand(List<Tensor> in) {
    Given.all("Collective.expand", "in", in);
    throw new GraphException(
        mnemonic()
            + ": no vmap around maps an axis named "
            + axis()
            + "; give it the name with Axes.first().named(\""
            + axis()
            + "\")");
  }

  /** The sum of the operand over all examples, the same for each. */
  record Sum(String axis) implements Collective, Custom.Linear {
    public Sum {
      Given.given("Sum", "axis", axis);
    }

    @Override
    public String mnemonic() {
      return "axisSum";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("axisSum", in, 1);
      if (!in.getFirst().dtype().isNumeric()) {
        throw TypeRules.bad("axisSum", 0, in.getFirst(), "a numeric type");
      }
      return List.of(in.getFirst());
    }

    // Every example's operand is in every example's sum: ct_i ← Σ_j ct_j.
    @Override
    public List<Tensor> transpose(List<TensorType> types, List<Tensor> cotangents) {
      Given.all("Sum.transpose", "types", types);
      Given.all("Sum.transpose", "cotangents", cotangents);
      return Tensor.apply(this, cotangents);
    }
  }

  /** The number of the example, {@code i32[]}. */
  record Position(String axis) implements Collective {
    public Position {
      Given.given("Position", "axis", axis);
    }

    @Override
    public String mnemonic() {
      return "axisIndex";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("axisIndex", in, 0);
      return List.of(TensorType.scalar(DType.I32));
    }
  }
}
