package dev.engram.etrace.traces;

import dev.engram.etrace.TraceState;
import dev.engram.etrace.normalize.FlatLength;
import dev.engram.etrace.signal.GradientSums;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The influence matrix as the outer product of two random combinations.
 *
 * <pre>
 *   s̃ ← ρ0 J s̃ + ρ1 ν         ν random signs, new at each step
 *   θ̃ ← θ̃/ρ0 + (νᵀ ∂h/∂θ)/ρ1
 *   ρ0 = √(|θ̃| / |J s̃|), ρ1 = √(|νᵀ ∂h/∂θ| / |ν|)
 *   grad = (L · s̃) θ̃
 * </pre>
 *
 * Tallec and Ollivier (2018), algorithm 1. The mean over ν is the influence matrix for any ρ that
 * does not change with the sign of ν.
 */
public record ProjectedTraces(ProjectedInfluence influence, List<TraceState> states)
    implements Traces {
  private static final double EPSILON = 1e-7;

  public static ProjectedTraces of(ProjectedInfluence influence) {
    List<TraceState> states = new ArrayList<>();
    states.add(new TraceState("key", TraceState.Kind.KEY, TensorType.of(DType.I32, 2)));
    states.addAll(influence.stateProjections());
    states.addAll(influence.weightProjections());
    return new ProjectedTraces(influence, List.copyOf(states));
  }

  @Override
  public Set<Integer> followed() {
    return new TreeSet<>(influence.states());
  }

  private List<Tensor> ofStates(List<Tensor> traces) {
    return traces.subList(1, 1 + influence.states().size());
  }

  private List<Tensor> ofWeights(List<Tensor> traces) {
    return traces.subList(1 + influence.states().size(), traces.size());
  }

  @Override
  public List<Tensor> update(StepCopy copy, List<Tensor> old) {
    List<Tensor> theta = ofWeights(old);
    List<TensorType> types = influence.stateProjections().stream().map(TraceState::type).toList();
    int count = FlatLength.of(types);
    Tensor words = words(copy.b, old.getFirst(), 2 + count);
    List<Tensor> nu = signs(words.slice(0, 2, 2 + count), types);

    List<Tensor> moved = influence.transport(copy, ofStates(old));
    List<Tensor> direct = influence.project(copy, nu);
    Tensor rho0 = norm(theta).div(norm(moved).add(EPSILON)).sqrt().add(EPSILON);
    Tensor rho1 = norm(direct).div(Math.sqrt(count)).sqrt().add(EPSILON);

    List<Tensor> fresh = new ArrayList<>();
    fresh.add(words.slice(0, 0, 2));
    for (int i = 0; i < moved.size(); i++) {
      fresh.add(scaled(moved.get(i), rho0).add(scaled(nu.get(i), rho1)));
    }
    for (int i = 0; i < theta.size(); i++) {
      fresh.add(
          scaled(theta.get(i), rho0.reciprocal()).add(scaled(direct.get(i), rho1.reciprocal())));
    }
    return fresh;
  }

  private static Tensor words(Builder b, Tensor key, int n) {
    return b.tracer(b.emit1(new Source.RandomBits(dev.engram.ir.Shape.of(n)), b.lift(key)));
  }

  // The lowest bit of each word: -1 or 1.
  private static List<Tensor> signs(Tensor words, List<TensorType> types) {
    List<Tensor> out = new ArrayList<>();
    int from = 0;
    for (TensorType t : types) {
      int n = FlatLength.of(t);
      Tensor bit = words.slice(0, from, from + n).and(HostTensor.of(new int[] {1}));
      out.add(bit.cast(t.dtype()).mul(2).sub(1).reshape(t.shape()));
      from += n;
    }
    return out;
  }

  private static Tensor norm(List<Tensor> parts) {
    return parts.stream().map(t -> t.square().sum()).reduce(Tensor::add).orElseThrow().sqrt();
  }

  private static Tensor scaled(Tensor t, Tensor by) {
    return t.mul(by.broadcastTo(t.shape()));
  }

  @Override
  public void credit(
      StepCopy copy, Map<Integer, Tensor> signals, List<Tensor> traces, GradientSums gradients) {
    List<Tensor> s = ofStates(traces);
    Tensor sum = null;
    for (int i = 0; i < s.size(); i++) {
      Tensor term = signals.get(influence.states().get(i)).mul(s.get(i)).sum();
      sum = sum == null ? term : sum.add(term);
    }
    List<Tensor> theta = ofWeights(traces);
    for (int i = 0; i < theta.size(); i++) {
      influence.add(gradients, i, scaled(theta.get(i), sum));
    }
  }
}
