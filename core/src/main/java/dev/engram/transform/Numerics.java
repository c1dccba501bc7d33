package dev.engram.transform;

import dev.engram.Fn1;
import dev.engram.TracedFunction;
import dev.engram.Tree;
import dev.engram.ir.Graph;
import dev.engram.ir.passes.CheckNumerics;
import dev.engram.jit.Fns;
import dev.engram.trace.Flattening;
import dev.engram.trace.TraceOrRun;
import dev.engram.trace.Tracing;
import dev.engram.trace.TreeSpec;
import java.util.List;

/** {@code checkNumerics}: a function that stops at the first NaN or infinity. */
public final class Numerics {
  private Numerics() {}

  public static <A, R> R call(Fn1<A, R> f, A a) {
    Tree.Flat x = Tree.flatten(a, "checkNumerics: the argument");
    TracedFunction t =
        Tracing.run("checked", Tracing.Kind.PLAIN, Fns.list(f), List.of(TreeSpec.of(x))).finish();
    Graph checked = CheckNumerics.run(t.graph());
    return Flattening.<R>cast(t.apply(TraceOrRun.graph(checked, t.operands(x.leaves()))));
  }
}
