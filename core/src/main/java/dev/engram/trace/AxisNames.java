package dev.engram.trace;

import dev.engram.Tree;
import dev.engram.ir.EngramException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.op.Collective;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The names of the axes that the running code is mapped over. */
public final class AxisNames {
  private static final ThreadLocal<List<String>> CURRENT = ThreadLocal.withInitial(List::of);

  private AxisNames() {}

  /** Runs {@code body} with one more name, unless that is empty. */
  public static <R> R with(String name, Supplier<R> body) {
    List<String> before = CURRENT.get();
    if (name.isEmpty()) {
      return body.get();
    }
    if (before.contains(name)) {
      throw new EngramException(
          "vmap: an enclosing vmap already has an axis named "
              + name
              + "; choose another name ("
              + SourceLocation.here()
              + ")");
    }
    List<String> more = new ArrayList<>(before);
    more.add(name);
    CURRENT.set(more);
    try {
      return body.get();
    } finally {
      CURRENT.set(before);
    }
  }

  public static <T> T sum(T tree, String axis) {
    require("psum", axis);
    return Tree.map(x -> sum(x, axis), tree);
  }

  public static <T> T mean(T tree, String axis) {
    require("pmean", axis);
    return Tree.map(x -> sum(x, axis).div(sum(x.like(1), axis)), tree);
  }

  public static Tensor index(String axis) {
    require("axisIndex", axis);
    return TraceOrRun.op(new Collective.Position(axis), List.of()).getFirst();
  }

  private static Tensor sum(Tensor x, String axis) {
    return TraceOrRun.op(new Collective.Sum(axis), List.of(x)).getFirst();
  }

  private static void require(String op, String axis) {
    List<String> known = CURRENT.get();
    if (!known.contains(axis)) {
      throw new EngramException(
          op
              + ": no enclosing vmap has an axis named "
              + axis
              + ", only "
              + known
              + "; name it with Axes.first().named(\""
              + axis
              + "\") ("
              + SourceLocation.here()
              + ")");
    }
  }
}
