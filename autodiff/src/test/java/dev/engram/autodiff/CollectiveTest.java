package dev.engram.autodiff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Var;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Collective;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Op;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Ops over the examples of a batch, on operands that all examples share. */
class CollectiveTest {
  private static final TensorType FLOAT = TensorType.scalar(DType.F32);

  /** {@code x} for each example, all together. */
  record Whole(String axis) implements Custom {
    @Override
    public String mnemonic() {
      return "whole";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public List<Tensor> expand(List<Tensor> in) {
      return Tensor.apply(new Collective.Sum(axis), in);
    }
  }

  private static Graph of(Op op) {
    Builder b = new Builder("f");
    Var x = b.param(FLOAT, Role.INPUT, "");
    return b.build(b.emit(op, List.of(x)));
  }

  private static Graph batched(Op op) {
    return Batch.of(of(op), List.of(false), 4, "examples").graph();
  }

  private static double run(Graph g) {
    HostTensor x = HostTensor.of(new double[] {2.5}).reshape().cast(DType.F32).host();
    return Interpreter.run(g, List.of(x)).getFirst().item();
  }

  @Test
  void anAuthorsOpOverTheExamplesOfTheBatch() {
    Op inside = new Control.Call(of(new Whole("examples")), new Control.Derivative.Plain());
    for (Op op : List.of(new Collective.Sum("examples"), new Whole("examples"), inside)) {
      assertEquals(10, run(batched(op)), op.mnemonic());
    }
  }

  /** Those over another axis are left for who maps over that. */
  @Test
  void anAuthorsOpOverAnotherAxisIsLeft() {
    Graph left = batched(new Whole("others"));
    assertThrows(EngramException.class, () -> run(left));
    assertEquals(7.5, run(Batch.of(left, List.of(false), 3, "others").graph()));
  }
}
