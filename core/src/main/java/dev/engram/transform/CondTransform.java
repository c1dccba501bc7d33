package dev.engram.transform;

import dev.engram.Captured;
import dev.engram.Fn1;
import dev.engram.State;
import dev.engram.TracedFunction;
import dev.engram.Tree;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Control;
import dev.engram.state.OneVersion;
import dev.engram.state.StateSlot;
import dev.engram.trace.TraceOrRun;
import dev.engram.trace.Tracing;
import dev.engram.trace.TreeSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code cond}: one of two functions, chosen at run time. */
public final class CondTransform {
  private CondTransform() {}

  /** How errors name the op and its two branches. */
  public record Labels(String op, String onTrue, String onFalse) {
    public static final Labels COND = new Labels("cond", "the true branch", "the false branch");
  }

  public static Object run(
      Labels labels,
      Tensor pred,
      Fn1<List<Object>, Object> onTrue,
      Fn1<List<Object>, Object> onFalse,
      List<Object> args) {
    Given.given(labels.op() + ": the condition", pred);
    if (!pred.type().equals(TensorType.scalar(DType.BOOL))) {
      throw new TypeException(
          labels.op()
              + ": the condition has type "
              + pred.type()
              + ", expected bool[]; compare it with something, such as x.gt(0) ("
              + SourceLocation.here()
              + ")");
    }
    List<Tree.Flat> flat = Tracing.flatten(labels.op(), args);
    List<TreeSpec> specs = Tracing.specs(flat);
    Tracing t = Tracing.run("onTrue", Tracing.Kind.PLAIN, onTrue, specs);
    Tracing f = Tracing.run("onFalse", Tracing.Kind.PLAIN, onFalse, specs);
    checkResults(labels, t.result(), f.result());

    Set<State> written = new LinkedHashSet<>(t.written());
    written.addAll(f.written());
    List<State> states = List.copyOf(written);
    states.forEach(s -> checkState(labels, t, f, s));
    List<Value> trueOuts = t.lift(t.outs(states));
    List<Value> falseOuts = f.lift(f.outs(states));
    List<Captured> captured = union(t.captured(), f.captured());
    Graph yes = t.build(t.params(captured), trueOuts);
    Graph no = f.build(f.params(captured), falseOuts);

    List<Tensor> operands = new ArrayList<>();
    operands.add(pred);
    operands.addAll(Tracing.leaves(flat));
    operands.addAll(OneVersion.of(captured));
    List<? extends Tensor> outs = TraceOrRun.op(new Control.Cond(yes, no), operands);
    List<TracedFunction.Written> writes =
        states.stream()
            .map(s -> new TracedFunction.Written(s, t.frame().currentMapped(s)))
            .toList();
    return new TracedFunction(yes, specs.size(), t.result().structure(), captured, writes)
        .apply(outs);
  }

  static List<Captured> union(List<Captured> a, List<Captured> b) {
    Map<Object, Captured> all = new LinkedHashMap<>();
    a.forEach(c -> all.putIfAbsent(c.identity(), c));
    b.forEach(c -> all.putIfAbsent(c.identity(), c));
    return List.copyOf(all.values());
  }

  private static void checkResults(Labels labels, Tree.Flat a, Tree.Flat b) {
    List<String> paths = a.structure().paths("result");
    if (!a.structure().equals(b.structure())) {
      throw new TypeException(
          labels.op()
              + ": "
              + labels.onFalse()
              + " returns "
              + b.structure().paths("result")
              + ", expected "
              + paths
              + " and equal static parts, as in "
              + labels.onTrue()
              + " ("
              + SourceLocation.here()
              + ")");
    }
    for (int i = 0; i < paths.size(); i++) {
      differ(labels, paths.get(i), "returns", a.leaves().get(i).type(), b.leaves().get(i).type());
    }
  }

  private static void checkState(Labels labels, Tracing t, Tracing f, State s) {
    for (Tracing branch : List.of(t, f)) {
      if (branch.frame().get(s).isEmpty()) {
        throw new TypeException(
            labels.op()
                + ": not all branches set "
                + StateSlot.of(s).describe()
                + ", which has no value before; set it before or in all branches ("
                + SourceLocation.here()
                + ")");
      }
    }
    differ(
        labels,
        StateSlot.of(s).describe(),
        "leaves",
        t.frame().current(s).type(),
        f.frame().current(s).type());
  }

  private static void differ(
      Labels labels, String what, String verb, TensorType onTrue, TensorType onFalse) {
    if (!onTrue.equals(onFalse)) {
      throw new TypeException(
          labels.op()
              + ": "
              + labels.onFalse()
              + " "
              + verb
              + " "
              + what
              + " as "
              + onFalse
              + ", expected "
              + onTrue
              + " as in "
              + labels.onTrue()
              + " ("
              + SourceLocation.here()
              + "); cast, reshape or broadcast one of them");
    }
  }
}
