package dev.engram.lower;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;

/** The operands of a program whose device is the host. */
public final class HostOperands {
  private HostOperands() {}

  /**
   * {@code tensors}, all of which lie on the host.
   *
   * @param what {@code input} or {@code output}, for errors
   * @throws LoweringException when one lies elsewhere
   */
  @SuppressWarnings("unchecked") // checked one by one
  public static List<HostTensor> of(
      LoopProgram program, String what, List<? extends Tensor> tensors) {
    Given.given("HostOperands.of", "program", program);
    Given.given("HostOperands.of", "tensors", tensors);
    for (int i = 0; i < tensors.size(); i++) {
      Tensor t = tensors.get(i);
      if (t == null) {
        throw new LoweringException("@%s: %s %d is null".formatted(program.name(), what, i));
      }
      if (!(t instanceof HostTensor)) {
        throw new LoweringException(
            "@%s: %s %d is %s, expected a tensor of the host"
                .formatted(program.name(), what, i, where(t)));
      }
    }
    return (List<HostTensor>) tensors;
  }

  private static String where(Tensor t) {
    return t.type() + Storage.of(t).map(s -> " on " + s.device()).orElse(", traced");
  }
}
