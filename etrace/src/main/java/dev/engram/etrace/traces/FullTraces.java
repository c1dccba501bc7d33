package dev.engram.etrace.traces;

import dev.engram.etrace.TraceState;
import dev.engram.etrace.analysis.SiteMap;
import dev.engram.etrace.normalize.FlatLength;
import dev.engram.etrace.signal.GradientSums;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Var;
import dev.engram.ir.op.Dot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The influence of every weight element on every hidden element, {@code G ← J G + ∂h/∂w}.
 *
 * @param weights those that reach a hidden state
 * @param hidden those that a weight reaches
 */
public record FullTraces(SiteMap map, List<Var> weights, List<Integer> hidden) implements Traces {

  public static FullTraces of(SiteMap map) {
    return new FullTraces(map, map.analysis.temporalWeights(), map.step.hidden());
  }

  @Override
  public List<TraceState> states() {
    List<TraceState> all = new ArrayList<>();
    for (Var w : weights) {
      for (int s : hidden) {
        List<Integer> dims = new ArrayList<>(w.type().shape().dims());
        dims.addAll(map.step.state(s).type().shape().dims());
        String name = map.path(w) + "->" + map.step.state(s).path();
        all.add(
            new TraceState(
                name,
                TraceState.Kind.ELIGIBILITY,
                new TensorType(w.type().dtype(), Shape.of(dims))));
      }
    }
    return all;
  }

  @Override
  public Set<Integer> followed() {
    return new TreeSet<>(hidden);
  }

  @Override
  public List<Tensor> update(StepCopy copy, List<Tensor> old) {
    List<Tensor> fresh = new ArrayList<>();
    for (int i = 0; i < weights.size(); i++) {
      Var w = weights.get(i);
      int n = FlatLength.of(w.type());
      Map<Var, Tensor> directions = new HashMap<>();
      for (int j = 0; j < hidden.size(); j++) {
        int state = hidden.get(j);
        Tensor g = old.get(i * hidden.size() + j);
        Shape wide = map.step.state(state).type().shape().insert(0, n);
        directions.put(map.oldState(state), g.reshape(wide));
      }
      Tensor unit = StateJacobian.unit(copy.b, w.type().dtype(), n, n, 0);
      directions.put(w, unit.reshape(w.type().shape().insert(0, n)));
      List<Tensor> moved = StateJacobian.batched(copy, hidden, directions, n);
      for (int j = 0; j < hidden.size(); j++) {
        TensorType t = old.get(i * hidden.size() + j).type();
        fresh.add(moved.get(j).reshape(t.shape()));
      }
    }
    return fresh;
  }

  @Override
  public void credit(
      StepCopy copy, Map<Integer, Tensor> signals, List<Tensor> traces, GradientSums gradients) {
    for (int i = 0; i < weights.size(); i++) {
      Var w = weights.get(i);
      int n = FlatLength.of(w.type());
      for (int j = 0; j < hidden.size(); j++) {
        Tensor l = signals.get(hidden.get(j));
        int p = FlatLength.of(l.type());
        Tensor g = traces.get(i * hidden.size() + j).reshape(n, p);
        Tensor sum = g.dot(l.reshape(p), new Dot(List.of(1), List.of(0), List.of(), List.of()));
        gradients.addWeight(w, sum.reshape(w.type().shape()));
      }
    }
  }
}
