package org.example.ops;

import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Effect;
import java.util.List;
import java.util.Set;

/** Integers, each the label of one of {@code classes}; another one stops the run. */
public record Labels(int classes) implements Custom {

  /** The labels, checked. */
  public static Tensor of(Tensor labels, int classes) {
    return Tensor.apply(new Labels(classes), List.of(labels)).getFirst();
  }

  @Override
  public String mnemonic() {
    return "labels";
  }

  @Override
  public List<TensorType> typeOf(List<TensorType> in) {
    if (in.size() != 1 || !in.getFirst().dtype().isInteger()) {
      throw new TypeException("labels: got " + in + ", expected one tensor of integers");
    }
    return in;
  }

  @Override
  public List<Tensor> expand(List<Tensor> in) {
    return List.of(in.getFirst().checkRange("label", 0, classes));
  }

  /** It can stop the run; so it is kept where nobody reads the labels. */
  @Override
  public Set<Effect> effects(List<TensorType> operands) {
    return Set.of(Effect.CHECK);
  }
}
