package dev.engram.etrace.analysis;

import dev.engram.autodiff.Vjp;
import dev.engram.etrace.ModelStep;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.dataflow.Reachability;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Pieces of a step's graph, cut out so that ordinary differentiation gives what a rule needs. */
public final class StepGraphs {
  private StepGraphs() {}

  /**
   * The derivative of one value along clean paths.
   *
   * @param vjp takes {@code wrt}, then {@code constants}, then the value's cotangent; gives the
   *     value, then a cotangent for each of {@code wrt}
   */
  public record Local(Graph vjp, List<Var> wrt, List<Var> constants) {

    /** The derivatives of the value with respect to each of {@code wrt}, as values of {@code b}. */
    public Map<Var, Value> derivatives(Builder b, Map<Value, Value> map, Value cotangent) {
      List<Value> args = new ArrayList<>();
      wrt.forEach(v -> args.add(Builder.mapped(map, v)));
      constants.forEach(v -> args.add(Builder.mapped(map, v)));
      args.add(cotangent);
      List<Value> outs = b.inline(vjp, args);
      Map<Var, Value> found = new LinkedHashMap<>();
      for (int i = 0; i < wrt.size(); i++) {
        found.put(wrt.get(i), outs.get(i + 1));
      }
      return found;
    }
  }

  /**
   * {@code out} as a function of {@code wrt}, through ops that keep positions alone; everything
   * else, the results of contractions with weights above all, is held fixed.
   */
  static Local local(Flow flow, Var out, Set<Var> wrt) {
    Set<Value> moving = dependents(flow, wrt);
    moving.removeAll(wrt);
    List<Eqn> inside = flow.making(out, moving::contains);
    Set<Var> constants = new LinkedHashSet<>();
    Stream.concat(Stream.of(out), inside.stream().flatMap(e -> e.inputs().stream()))
        .filter(v -> !moving.contains(v) && v instanceof Var x && !wrt.contains(x))
        .forEach(v -> constants.add((Var) v));
    Builder b = new Builder("local");
    Map<Value, Value> map = new HashMap<>();
    List<Var> order = wrt.stream().toList();
    order.forEach(v -> map.put(v, b.param(v.type(), Role.INPUT, "")));
    constants.forEach(v -> map.put(v, b.param(v.type(), Role.INPUT, "")));
    inside.forEach(e -> b.copy(e, map));
    Graph g = b.build(List.of(Builder.mapped(map, out)));
    List<Boolean> flags = new ArrayList<>(Collections.nCopies(order.size(), true));
    flags.addAll(Collections.nCopies(constants.size(), false));
    return new Local(Vjp.of(g, flags), order, List.copyOf(constants));
  }

  // What depends on `from` along clean paths that carry a derivative.
  private static Set<Value> dependents(Flow flow, Set<Var> from) {
    return Reachability.forward(
        flow.graph.eqns(),
        from,
        (e, found) ->
            flow.isProduct(e) || !Flow.keepsPositions(e) ? List.of() : Flow.carried(e, found));
  }

  /**
   * {@code step} with the new values of {@code states} taken from extra parameters wherever they
   * are used later: how the results depend on each of them while the others are held fixed.
   */
  public static Graph afterStates(ModelStep step, List<Integer> states) {
    Builder b = new Builder("after");
    Map<Value, Value> map = new HashMap<>();
    step.graph().params().forEach(p -> map.put(p.var(), b.param(p)));
    Map<Value, Value> fixed = new HashMap<>();
    for (int s : states) {
      Param p = step.state(s);
      Value out = step.graph().outs().get(step.results() + s);
      fixed.put(out, b.param(p.type(), Role.HIDDEN, p.path()));
    }
    for (Eqn e : step.graph().eqns()) {
      b.copy(e, map);
      for (Var v : e.outputs()) {
        if (fixed.containsKey(v)) {
          map.put(v, fixed.get(v));
        }
      }
    }
    return b.build(step.graph().outs().stream().map(v -> Builder.mapped(map, v)).toList());
  }

  /**
   * ∂ℓ/∂h_s for each of {@code states}, the others held fixed.
   *
   * @param fresh the states' new values in {@code b}
   * @param cotangents of the step's float results, in order
   */
  public static List<Value> signals(
      ModelStep step,
      List<Integer> states,
      Builder b,
      Map<Value, Value> map,
      List<Value> fresh,
      List<Value> cotangents) {
    Graph after = afterStates(step, states);
    int params = step.graph().params().size();
    List<Boolean> flags = new ArrayList<>(Collections.nCopies(params, false));
    flags.addAll(Collections.nCopies(states.size(), true));
    List<Value> args = new ArrayList<>();
    step.graph().params().forEach(p -> args.add(Builder.mapped(map, p.var())));
    args.addAll(fresh);
    args.addAll(cotangents);
    List<Value> outs = b.inline(Vjp.of(after, flags), args);
    return outs.subList(after.outs().size(), outs.size());
  }

  /**
   * The cotangents of all float parameters of {@code g}, which has the step's parameters.
   *
   * @param cotangents of the float results, in order
   */
  public static Map<Var, Tensor> cotangents(StepCopy copy, Graph g, List<Value> cotangents) {
    List<Boolean> wrt = g.params().stream().map(p -> p.type().dtype().isFloat()).toList();
    List<Value> args = new ArrayList<>(copy.parameters());
    args.addAll(cotangents);
    List<Value> outs = copy.b.inline(Vjp.of(g, wrt), args);
    Map<Var, Tensor> found = new LinkedHashMap<>();
    int next = g.outs().size();
    for (Param p : g.params()) {
      if (p.type().dtype().isFloat()) {
        found.put(p.var(), copy.b.tracer(outs.get(next++)));
      }
    }
    return found;
  }
}
