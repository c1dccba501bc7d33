package dev.engram.transform;

import dev.engram.Captured;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.Pair;
import dev.engram.State;
import dev.engram.Tree;
import dev.engram.TreeDef;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.TraceException;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import dev.engram.jit.Fns;
import dev.engram.state.StateSlot;
import dev.engram.trace.Flattening;
import dev.engram.trace.TraceOrRun;
import dev.engram.trace.Tracing;
import dev.engram.trace.TreeSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Functions with custom derivatives. Each is recorded as a call whose operands are the argument's
 * tensors, then everything that the function or its rule captures; the gradient with respect to the
 * latter is zero.
 */
public final class CustomRule {
  private CustomRule() {}

  public static <A, R> R jvp(Fn1<A, R> f, Fn2<A, A, Pair<R, R>> rule, A a) {
    if (Trace.current().isEmpty()) {
      return f.apply(a);
    }
    Tree.Flat x = Tree.flatten(a, "customJvp: the argument");
    Tracing body = trace("function", Fns.list(f), List.of(TreeSpec.of(x)));
    Fn1<List<Object>, Object> withTangent =
        args ->
            rule.apply(
                Flattening.<A>cast(args.getFirst()),
                Flattening.<A>cast(
                    fill(TreeSpec.of(x), Flattening.<List<Tensor>>cast(args.get(1)))));
    Tracing ruled = trace("rule", withTangent, List.of(TreeSpec.of(x), floats(x.types())));
    TreeSpec result = TreeSpec.of(body.result());
    int n = result.types().size();
    List<Tensor> both =
        Directional.sameTypes(
            "customJvp: the rule's result",
            ruled.result(),
            new TreeSpec(pair(result.structure(), result.structure()), twice(result.types())));
    List<Tensor> outs = new ArrayList<>(both.subList(0, n));
    both.subList(n, 2 * n).stream().filter(CustomRule::isFloat).forEach(outs::add);

    List<Value> bodyOuts = body.lift(body.result().leaves());
    List<Value> ruleOuts = ruled.lift(outs);
    List<Captured> around = CondTransform.union(body.captured(), ruled.captured());
    List<Param> params = new ArrayList<>();
    int args = x.leaves().size();
    for (int i = 0; i < args; i++) {
      params.add(ruled.input(i));
    }
    around.forEach(c -> params.add(ruled.param(c)));
    for (int i = args; i < ruled.inputCount(); i++) {
      params.add(ruled.input(i));
    }
    // Tangents of what was captured are ignored.
    for (Captured c : around) {
      if (isFloat(c.now())) {
        params.add(ruled.extra(ruled.param(c).type()));
      }
    }
    Graph g = body.build(body.params(around), bodyOuts);
    return emit(g, new Control.Derivative.Jvp(ruled.build(params, ruleOuts)), x, around, result);
  }

  public static <A, R, S> R vjp(
      Fn1<A, R> f, Fn1<A, Pair<R, S>> forward, Fn2<S, R, A> backward, A a) {
    if (Trace.current().isEmpty()) {
      return f.apply(a);
    }
    Tree.Flat x = Tree.flatten(a, "customVjp: the argument");
    Tracing body = trace("function", Fns.list(f), List.of(TreeSpec.of(x)));
    Tracing ahead = trace("forward", Fns.list(forward), List.of(TreeSpec.of(x)));
    TreeSpec result = TreeSpec.of(body.result());
    TreeSpec kept = residuals(ahead.result(), result);
    Fn1<List<Object>, Object> withCotangent =
        args ->
            backward.apply(
                Flattening.<S>cast(args.getFirst()),
                Flattening.<R>cast(fill(result, Flattening.<List<Tensor>>cast(args.get(1)))));
    Tracing back = trace("backward", withCotangent, List.of(kept, floats(result.types())));
    List<Tensor> cotangents =
        Directional.sameTypes(
            "customVjp: the backward function's result", back.result(), TreeSpec.of(x));

    List<Value> bodyOuts = body.lift(body.result().leaves());
    List<Value> aheadOuts = new ArrayList<>(ahead.lift(ahead.result().leaves()));
    List<Value> backOuts =
        new ArrayList<>(back.lift(cotangents.stream().filter(CustomRule::isFloat).toList()));
    List<Captured> around =
        CondTransform.union(
            CondTransform.union(body.captured(), ahead.captured()), back.captured());
    // Values captured by backward are passed along with the residuals.
    around.forEach(c -> aheadOuts.add(ahead.param(c).var()));
    List<Param> params = new ArrayList<>();
    for (int i = 0; i < kept.types().size(); i++) {
      params.add(back.input(i));
    }
    around.forEach(c -> params.add(back.param(c)));
    for (int i = kept.types().size(); i < back.inputCount(); i++) {
      params.add(back.input(i));
    }
    for (Captured c : around) {
      if (isFloat(c.now())) {
        backOuts.add(Lit.zero(back.param(c).type()));
      }
    }
    Graph g = body.build(body.params(around), bodyOuts);
    Control.Derivative rule =
        new Control.Derivative.Vjp(
            ahead.build(ahead.params(around), aheadOuts), back.build(params, backOuts));
    return emit(g, rule, x, around, result);
  }

  private static <R> R emit(
      Graph g, Control.Derivative rule, Tree.Flat x, List<Captured> around, TreeSpec result) {
    List<Tensor> operands = new ArrayList<>(x.leaves());
    around.forEach(c -> operands.add(c.now()));
    return Flattening.<R>cast(
        result.structure().build(TraceOrRun.op(new Control.Call(g, rule), operands)));
  }

  private static Tracing trace(String name, Fn1<List<Object>, Object> f, List<TreeSpec> args) {
    Tracing t = Tracing.run(name, Tracing.Kind.PLAIN, f, args);
    for (State s : t.written()) {
      if (StateSlot.of(s).isFixed()) {
        throw new TraceException(
            "Debug.print and Debug.progress cannot be used in a function with a derivative of its"
                + " own, which may run in other places than where it is written ("
                + SourceLocation.here()
                + "); put them before or after it");
      }
      throw new TraceException(
          StateSlot.of(s).describe()
              + " is set in a function with a derivative of its own ("
              + SourceLocation.here()
              + "); return the new value instead, and set the state outside");
    }
    return t;
  }

  /** Returns the residuals of a forward function, whose result is a pair of the value and these. */
  private static TreeSpec residuals(Tree.Flat pair, TreeSpec value) {
    TreeDef kept = ((TreeDef.Fields) pair.structure()).parts().get(1);
    int n = value.types().size();
    List<TensorType> types =
        pair.types().size() < n ? List.of() : pair.types().subList(n, pair.types().size());
    List<TensorType> all = new ArrayList<>(value.types());
    all.addAll(types);
    Directional.sameTypes(
        "customVjp: the forward function's result",
        pair,
        new TreeSpec(pair(value.structure(), kept), all));
    return new TreeSpec(kept, types);
  }

  private static TreeDef pair(TreeDef first, TreeDef second) {
    return new TreeDef.Fields(Pair.class, List.of(first, second));
  }

  private static List<TensorType> twice(List<TensorType> types) {
    List<TensorType> out = new ArrayList<>(types);
    out.addAll(types);
    return out;
  }

  private static TreeSpec floats(List<TensorType> types) {
    List<TensorType> kept = types.stream().filter(t -> t.dtype().isFloat()).toList();
    return new TreeSpec(
        new TreeDef.Items(kept.stream().<TreeDef>map(_ -> TreeDef.LEAF).toList()), kept);
  }

  private static Object fill(TreeSpec spec, List<Tensor> floats) {
    return spec.structure().build(Directional.filled(spec.types(), floats));
  }

  private static boolean isFloat(Tensor x) {
    return x.dtype().isFloat();
  }
}
