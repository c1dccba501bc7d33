package dev.engram.tests.ops;

import dev.engram.ir.TensorType;
import dev.engram.ir.op.Op;
import java.util.List;

/**
 * Operands that an op refuses.
 *
 * @param says what its message must contain
 */
record ErrorInput(Op op, List<TensorType> operands, String says) {

  static ErrorInput of(String says, Op op, TensorType... operands) {
    return new ErrorInput(op, List.of(operands), says);
  }

  @Override
  public String toString() {
    return op.mnemonic() + operands;
  }
}
