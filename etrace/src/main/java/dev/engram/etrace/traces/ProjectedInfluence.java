package dev.engram.etrace.traces;

import dev.engram.autodiff.Vjp;
import dev.engram.etrace.TraceState;
import dev.engram.etrace.analysis.SiteMap;
import dev.engram.etrace.signal.GradientSums;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Tensor;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The matrix that a random projection projects: the influence of weights on hidden states, never
 * materialized.
 */
public sealed interface ProjectedInfluence {

  /** Returns the hidden states on one side of the matrix. */
  List<Integer> states();

  List<TraceState> stateProjections();

  List<TraceState> weightProjections();

  /** Returns the product of the state Jacobian with a direction of the states. */
  List<Tensor> transport(StepCopy copy, List<Tensor> directions);

  /**
   * Returns {@code νᵀ ∂h/∂θ}: the effect of this step's weights on that combination of new states.
   */
  List<Tensor> project(StepCopy copy, List<Tensor> nu);

  /** Adds a gradient for weight projection {@code i}. */
  void add(GradientSums gradients, int i, Tensor g);

  private static TraceState ofState(SiteMap map, int s) {
    return new TraceState(
        map.step.state(s).path() + ".projection",
        TraceState.Kind.STATE_PROJECTION,
        map.step.state(s).type());
  }

  /** Along clean paths from sites, position by position. */
  record OfSites(SiteMap map, Dynamics dynamics, List<Integer> states)
      implements ProjectedInfluence {

    public static OfSites of(SiteMap map, Dynamics dynamics) {
      TreeSet<Integer> states = new TreeSet<>();
      map.slots(dynamics).forEach(s -> states.add(s.state()));
      return new OfSites(map, dynamics, List.copyOf(states));
    }

    @Override
    public List<TraceState> stateProjections() {
      return states.stream().map(s -> ofState(map, s)).toList();
    }

    @Override
    public List<TraceState> weightProjections() {
      return map.sites.stream()
          .map(
              l ->
                  new TraceState(
                      l.name() + ".projection",
                      TraceState.Kind.WEIGHT_PROJECTION,
                      l.site().weight().type()))
          .toList();
    }

    @Override
    public List<Tensor> transport(StepCopy copy, List<Tensor> directions) {
      Map<Integer, Tensor> old = new HashMap<>();
      for (int i = 0; i < states.size(); i++) {
        old.put(states.get(i), directions.get(i));
      }
      return states.stream()
          .map(s -> copy.sum(map.step.state(s).type(), dynamics.carried(copy, s, old)))
          .toList();
    }

    @Override
    public List<Tensor> project(StepCopy copy, List<Tensor> nu) {
      List<Tensor> out = new ArrayList<>();
      for (SiteMap.Located l : map.sites) {
        copy.b.at(l.site().where());
        List<Tensor> terms =
            l.reached().stream()
                .map(
                    s ->
                        copy.local(s, l.site().signal())
                            .orElseThrow()
                            .mul(nu.get(states.indexOf(s))))
                .toList();
        out.add(l.site().pullback(copy, copy.sum(l.site().signal().type(), terms)));
      }
      return out;
    }

    @Override
    public void add(GradientSums gradients, int i, Tensor g) {
      gradients.addSite(i, g);
    }
  }

  /** Along all paths, over all hidden states and all weights that reach one. */
  record OfWeights(SiteMap map, List<Var> weights, List<Integer> states)
      implements ProjectedInfluence {

    public static OfWeights of(SiteMap map) {
      return new OfWeights(map, map.analysis.temporalWeights(), map.step.hidden());
    }

    @Override
    public List<TraceState> stateProjections() {
      return states.stream().map(s -> ofState(map, s)).toList();
    }

    @Override
    public List<TraceState> weightProjections() {
      return weights.stream()
          .map(
              w ->
                  new TraceState(
                      map.path(w) + ".projection", TraceState.Kind.WEIGHT_PROJECTION, w.type()))
          .toList();
    }

    @Override
    public List<Tensor> transport(StepCopy copy, List<Tensor> directions) {
      Map<Var, Tensor> by = new HashMap<>();
      for (int i = 0; i < states.size(); i++) {
        by.put(map.oldState(states.get(i)), directions.get(i));
      }
      return StateJacobian.times(copy, states, by);
    }

    @Override
    public List<Tensor> project(StepCopy copy, List<Tensor> nu) {
      Graph g = map.step.graph();
      List<Value> fresh = states.stream().map(map::newState).toList();
      List<Boolean> wrt = g.params().stream().map(p -> weights.contains(p.var())).toList();
      Graph vjp = Vjp.of(new Graph("new_states", g.params(), g.eqns(), fresh), wrt);
      List<Value> args = new ArrayList<>(copy.parameters());
      nu.forEach(t -> args.add(copy.b.lift(t)));
      List<Value> outs = copy.b.inline(vjp, args);
      Map<Var, Tensor> found = new HashMap<>();
      int next = fresh.size();
      for (Param p : g.params()) {
        if (weights.contains(p.var())) {
          found.put(p.var(), copy.b.tracer(outs.get(next++)));
        }
      }
      return weights.stream().map(found::get).toList();
    }

    @Override
    public void add(GradientSums gradients, int i, Tensor g) {
      gradients.addWeight(weights.get(i), g);
    }
  }
}
