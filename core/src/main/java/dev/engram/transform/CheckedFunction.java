package dev.engram.transform;

import dev.engram.Fn1;
import dev.engram.TracedFunction;
import dev.engram.Tree;
import dev.engram.ir.Graph;
import dev.engram.jit.Fns;
import dev.engram.trace.Flattening;
import dev.engram.trace.TraceOrRun;
import dev.engram.trace.Tracing;
import dev.engram.trace.TreeSpec;
import java.util.List;
import java.util.function.UnaryOperator;

/** A function whose graph a pass has put checks into. */
public final class CheckedFunction {
  private CheckedFunction() {}

  /**
   * Applies {@code f} with the checks of {@code pass}.
   *
   * @param name of the transformation, for errors
   */
  public static <A, R> R call(String name, UnaryOperator<Graph> pass, Fn1<A, R> f, A a) {
    Tree.Flat x = Tree.flatten(a, name + ": the argument");
    TracedFunction t =
        Tracing.run("checked", Tracing.Kind.PLAIN, Fns.list(f), List.of(TreeSpec.of(x))).finish();
    Graph checked = pass.apply(t.graph());
    return Flattening.<R>cast(t.apply(TraceOrRun.graph(checked, t.operands(x.leaves()))));
  }
}
