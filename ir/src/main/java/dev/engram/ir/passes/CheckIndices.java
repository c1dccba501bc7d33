package dev.engram.ir.passes;

import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Index;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks the indices of every read and write at computed positions, inner graphs included: one that
 * would be clamped or dropped stops the run with the op, the position and the user's line.
 */
public final class CheckIndices {
  private CheckIndices() {}

  /** Returns {@code g} with these checks. */
  public static Graph run(Graph g) {
    Given.given("CheckIndices.run", "g", g);
    return GraphRewriter.walk(
        g,
        (to, e, in) ->
            e.op() instanceof Index i
                ? checked(to.builder(), i, in)
                : to.keep(e, CheckIndices::run));
  }

  private static List<? extends Value> checked(Builder b, Index op, List<Value> in) {
    List<Value> operands = new ArrayList<>(in);
    switch (op) {
      case Index.Gather g -> operands.set(1, within(b, op, in.get(1), length(in, g.axis())));
      case Index.Scatter s -> operands.set(1, within(b, op, in.get(1), length(in, s.axis())));
      case Index.DynamicSlice d -> starts(b, op, operands, 1, d.sizes());
      case Index.DynamicUpdate _ -> starts(b, op, operands, 2, in.get(1).type().shape());
      case Index.ArgSort _ -> {}
    }
    return b.emit(op, operands);
  }

  private static int length(List<Value> in, int axis) {
    return in.getFirst().type().shape().dim(axis);
  }

  private static void starts(Builder b, Index op, List<Value> operands, int first, Shape window) {
    TensorType x = operands.getFirst().type();
    for (int axis = 0; axis < x.rank(); axis++) {
      int last = x.shape().dim(axis) - window.dim(axis);
      operands.set(first + axis, within(b, op, operands.get(first + axis), last + 1));
    }
  }

  private static Value within(Builder b, Index op, Value indices, int length) {
    return b.emit1(new Check.Range("the indices of " + op.mnemonic(), 0, length), indices);
  }
}
