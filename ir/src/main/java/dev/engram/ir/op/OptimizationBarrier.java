package dev.engram.ir.op;

import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import java.util.List;
import java.util.Set;

/**
 * Its first operand, not before the second is known: what is computed from the result is neither
 * shared with what was computed from the operand nor moved in front of the second operand. So
 * {@code remat} keeps values from being kept.
 */
public record OptimizationBarrier() implements Custom.Batchable {
  @Override
  public Set<Effect> effects(List<TensorType> operands) {
    Given.all("OptimizationBarrier.effects", "operands", operands);
    return Set.of(Effect.ORDER);
  }

  @Override
  public String mnemonic() {
    return "barrier";
  }

  @Override
  public List<TensorType> typeOf(List<TensorType> in) {
    TypeRules.arity("barrier", in, 2);
    return List.of(in.getFirst());
  }

  @Override
  public List<Tensor> expand(List<Tensor> in) {
    Given.all("OptimizationBarrier.expand", "in", in);
    return List.of(in.getFirst());
  }

  @Override
  public List<Tensor> batch(List<Tensor> in, int size) {
    Given.all("OptimizationBarrier.batch", "in", in);
    return Tensor.apply(this, in);
  }
}
