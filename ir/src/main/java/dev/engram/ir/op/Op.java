package dev.engram.ir.op;

import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import java.util.List;
import java.util.Set;

/**
 * What an equation does. The families are closed, so a {@code switch} over them needs no default;
 * the rows inside a family are open. Attributes are record components, from which equality,
 * printing and parsing follow. Outside authors write {@link Custom} ops.
 */
public sealed interface Op
    permits Elementwise,
        Cast,
        Reduce,
        Dot,
        Move,
        Index,
        Source,
        Check,
        HostEffect,
        Control,
        Custom {

  /** The name in the text form; equal to the method name on {@link Tensor} where there is one. */
  String mnemonic();

  /**
   * The types of the results for operands of these types.
   *
   * @throws TypeException naming the operand, got and expected, when they do not fit
   */
  List<TensorType> typeOf(List<TensorType> inputs);

  /** What it does besides giving its results, for operands of these types. */
  default Set<Effect> effects(List<TensorType> operands) {
    Given.all("Op.effects", "operands", operands);
    return Set.of();
  }
}
