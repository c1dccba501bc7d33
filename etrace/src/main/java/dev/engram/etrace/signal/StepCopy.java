package dev.engram.etrace.signal;

import dev.engram.etrace.HiddenGroup;
import dev.engram.etrace.analysis.SiteMap;
import dev.engram.etrace.traces.StateJacobian;
import dev.engram.ir.Builder;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Source;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A copy of the step in a graph under construction, with the derivatives that rules need. */
public final class StepCopy {
  public final SiteMap map;
  public final Builder b;
  final Map<Value, Value> values = new HashMap<>();
  private final Map<Integer, Map<Var, Value>> locals = new HashMap<>();
  private final Map<Integer, StateJacobian> jacobians = new HashMap<>();
  private final Map<Integer, StateJacobian> diagonals = new HashMap<>();

  private StepCopy(SiteMap map, Builder b) {
    this.map = map;
    this.b = b;
  }

  /** Makes a copy with all of the step's parameters. */
  public static StepCopy whole(SiteMap map, Builder b) {
    StepCopy copy = new StepCopy(map, b);
    for (Param p : map.step.graph().params()) {
      copy.values.put(p.var(), b.param(p));
    }
    return copy;
  }

  /**
   * Makes a copy with only the weights, and then the tables of {@link SiteMap#tables}, for reading
   * traces without running the step.
   */
  public static StepCopy weightsOnly(SiteMap map, Builder b) {
    StepCopy copy = new StepCopy(map, b);
    List<Param> params = map.step.graph().params();
    for (Param p : params) {
      if (p.role() == Role.WEIGHT) {
        copy.values.put(p.var(), b.param(p));
      }
    }
    for (int i : map.tables()) {
      copy.values.put(params.get(i).var(), b.param(params.get(i)));
    }
    map.step.graph().eqns().stream()
        .filter(e -> e.op() instanceof Source.Const)
        .forEach(e -> b.copy(e, copy.values));
    return copy;
  }

  public void equations() {
    map.step.graph().eqns().forEach(e -> b.copy(e, values));
  }

  public Value value(Value v) {
    return Builder.mapped(values, v);
  }

  public Tensor tensor(Value v) {
    return b.tracer(value(v));
  }

  public List<Value> parameters() {
    return map.step.graph().params().stream().map(p -> value(p.var())).toList();
  }

  /** Returns the new value of a state. */
  public Tensor fresh(int state) {
    return tensor(map.newState(state));
  }

  Tensor zero(TensorType type) {
    return b.tracer(Lit.zero(type));
  }

  public Tensor sum(TensorType type, List<Tensor> terms) {
    return terms.stream().reduce(Tensor::add).orElseGet(() -> zero(type));
  }

  /** Returns the derivative of a new state along clean paths; empty if there is none. */
  public Optional<Tensor> local(int state, Var wrt) {
    Map<Var, Value> of =
        locals.computeIfAbsent(
            state, s -> map.local(s).derivatives(b, values, Lit.one(map.newState(s).type())));
    return Optional.ofNullable(of.get(wrt)).map(b::tracer);
  }

  /** Returns the whole Jacobian of a hidden group. */
  public StateJacobian jacobian(HiddenGroup group) {
    return jacobians.computeIfAbsent(
        group.index(), _ -> StateJacobian.of(this, group, map.colors(group)));
  }

  /** Returns the Jacobian of a hidden group, of which only diagonals may be read. */
  public StateJacobian diagonals(HiddenGroup group) {
    return diagonals.computeIfAbsent(
        group.index(), _ -> StateJacobian.of(this, group, map.diagonalColors(group)));
  }
}
