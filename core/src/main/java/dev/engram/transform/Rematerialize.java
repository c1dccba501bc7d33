package dev.engram.transform;

import dev.engram.Fn1;
import dev.engram.RematPolicy;
import dev.engram.TracedFunction;
import dev.engram.Tree;
import dev.engram.ir.Tensor;
import dev.engram.ir.Trace;
import dev.engram.ir.op.Control;
import dev.engram.jit.Fns;
import dev.engram.trace.Flattening;
import dev.engram.trace.TraceOrRun;
import dev.engram.trace.Tracing;
import dev.engram.trace.TreeSpec;
import java.util.List;

/** {@code remat}: a call with a policy that says what to keep of it. */
public final class Rematerialize {
  private Rematerialize() {}

  public static <A, R> R call(Fn1<A, R> f, RematPolicy policy, A a) {
    if (Trace.current().isEmpty()) {
      return f.apply(a);
    }
    Tree.Flat x = Tree.flatten(a, "remat: the argument");
    TracedFunction t =
        Tracing.run("remat", Tracing.Kind.PLAIN, Fns.list(f), List.of(TreeSpec.of(x))).finish();
    List<? extends Tensor> outs =
        TraceOrRun.op(
            new Control.Call(t.graph(), new Control.Derivative.Remat(policy.ops())),
            t.operands(x.leaves()));
    return Flattening.<R>cast(t.apply(outs));
  }
}
