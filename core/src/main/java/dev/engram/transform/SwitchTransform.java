package dev.engram.transform;

import dev.engram.Fn1;
import dev.engram.ir.EngramException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import java.util.List;

/** {@code switchCase}: one of several functions, as a balanced tree of conds. */
public final class SwitchTransform {
  private final Tensor index;
  private final List<Fn1<List<Object>, Object>> branches;

  private SwitchTransform(Tensor index, List<Fn1<List<Object>, Object>> branches) {
    this.index = index;
    this.branches = branches;
  }

  public static Object run(
      Tensor index, List<Fn1<List<Object>, Object>> branches, List<Object> args) {
    if (branches.isEmpty()) {
      throw new EngramException(
          "switchCase: there are no branches, expected at least one ("
              + SourceLocation.here()
              + ")");
    }
    Given.given("switchCase: the index", index);
    if (index.rank() != 0 || !index.dtype().isInteger()) {
      throw new TypeException(
          "switchCase: the index has type "
              + index.type()
              + ", expected i32[] or another integer scalar ("
              + SourceLocation.here()
              + "); convert it with .cast(DType.I32)");
    }
    return new SwitchTransform(index, branches).pick(0, branches.size(), args);
  }

  private Object pick(int from, int to, List<Object> args) {
    if (to - from == 1) {
      return branches.get(from).apply(args);
    }
    int middle = (from + to) >>> 1;
    CondTransform.Labels labels =
        new CondTransform.Labels("switchCase", name(from, middle), name(middle, to));
    return CondTransform.run(
        labels, index.lt(middle), in -> pick(from, middle, in), in -> pick(middle, to, in), args);
  }

  private static String name(int from, int to) {
    return to - from == 1 ? "branch " + from : "branches " + from + " to " + (to - 1);
  }
}
