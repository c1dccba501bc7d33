package dev.engram.transform;

import dev.engram.Captured;
import dev.engram.Fn1;
import dev.engram.State;
import dev.engram.Tree;
import dev.engram.TreeDef;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import dev.engram.state.OneVersion;
import dev.engram.state.StateSlot;
import dev.engram.trace.TraceOrRun;
import dev.engram.trace.Tracing;
import dev.engram.trace.TreeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code whileLoop}: a body run while a condition on its carry holds. */
public final class WhileTransform {
  private final Tree.Flat carry;
  private final Tracing condition;
  private final Tracing body;
  private final List<State> written;

  private WhileTransform(
      Fn1<List<Object>, Object> holds, Fn1<List<Object>, Object> step, Object init) {
    carry = Tree.flatten(init, "whileLoop: the initial carry");
    List<TreeSpec> args = List.of(TreeSpec.of(carry));
    condition = Tracing.run("condition", Tracing.Kind.PLAIN, holds, args);
    body = Tracing.run("body", Tracing.Kind.PLAIN, step, args);
    written = body.written();
  }

  public static Object run(
      Fn1<List<Object>, Object> holds,
      Fn1<List<Object>, Object> step,
      Object init,
      Optional<Integer> bound) {
    if (bound.isPresent() && bound.get() < 0) {
      throw new EngramException(
          "whileLoop: the bound is "
              + bound.get()
              + ", expected at least 0 ("
              + SourceLocation.here()
              + ")");
    }
    WhileTransform loop = new WhileTransform(holds, step, init);
    loop.check();
    return loop.emit(bound);
  }

  private void check() {
    List<TensorType> holds = condition.result().types();
    if (!(condition.result().structure() instanceof TreeDef.Leaf)
        || !holds.equals(List.of(TensorType.scalar(DType.BOOL)))) {
      throw new TypeException(
          "whileLoop: the condition returns "
              + holds
              + ", expected one bool[]; compare with something, such as x.gt(0), and reduce with"
              + " .any() or .all() ("
              + SourceLocation.here()
              + ")");
    }
    for (State s : condition.written()) {
      if (StateSlot.of(s).isFixed()) {
        throw new TypeException(
            "whileLoop: Debug.print and Debug.progress cannot be used in the condition ("
                + SourceLocation.here()
                + "); put them into the body");
      }
      throw new TypeException(
          "whileLoop: the condition sets "
              + StateSlot.of(s).describe()
              + ", expected it to only read; set it in the body ("
              + SourceLocation.here()
              + ")");
    }
    Tree.Flat next = body.result();
    ScanTransform.checkCarry("whileLoop", carry, next.structure(), next.leaves());
    for (State s : written) {
      if (body.frame().entering(s).isEmpty()) {
        throw new TypeException(
            "whileLoop: the body sets "
                + StateSlot.of(s).describe()
                + ", which has no value before, and the loop may run no step; set it before the"
                + " loop ("
                + SourceLocation.here()
                + ")");
      }
      ScanTransform.checkState("whileLoop", body, s);
    }
  }

  private Object emit(Optional<Integer> bound) {
    List<Value> next = body.lift(body.outs(written));
    List<Value> holds = condition.lift(condition.result().leaves());
    List<Captured> consts =
        CondTransform.union(condition.captured(), body.captured()).stream()
            .filter(c -> !(c instanceof Captured.OfState(State s, int _) && written.contains(s)))
            .toList();
    List<Tensor> operands = new ArrayList<>();
    List<Tensor> entering = new ArrayList<>();
    OneVersion.read(
        consts,
        written,
        () -> {
          consts.forEach(c -> operands.add(c.now()));
          written.forEach(s -> entering.add(StateSlot.of(s).value()));
        });
    operands.addAll(carry.leaves());
    operands.addAll(entering);
    Graph decides = condition.build(params(condition, consts), holds);
    Graph step = body.build(params(body, consts), next);
    List<? extends Tensor> done =
        TraceOrRun.op(new Control.While(decides, step, consts.size(), bound), operands);
    int n = carry.leaves().size();
    List<StateSlot.Cell> cells = new ArrayList<>();
    for (int i = 0; i < written.size(); i++) {
      State s = written.get(i);
      cells.add(new StateSlot.Cell(done.get(n + i), body.frame().currentMapped(s)));
    }
    StateSlot.write(written, cells);
    return carry.structure().build(done.subList(0, n));
  }

  private List<Param> params(Tracing t, List<Captured> consts) {
    List<Param> params = new ArrayList<>();
    consts.forEach(c -> params.add(t.param(c)));
    for (int i = 0; i < t.inputCount(); i++) {
      params.add(t.input(i));
    }
    written.forEach(s -> params.add(t.entering(s)));
    return params;
  }
}
