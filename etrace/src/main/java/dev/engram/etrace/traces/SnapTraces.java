package dev.engram.etrace.traces;

import dev.engram.etrace.TraceState;
import dev.engram.etrace.analysis.Pattern;
import dev.engram.etrace.analysis.SiteMap;
import dev.engram.etrace.normalize.FlatLength;
import dev.engram.etrace.signal.GradientSums;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Dot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A trace of every weight for all positions of the group that its influence can reach in n steps.
 *
 * <pre>
 *   ε[k,s][w,j] ← Σ_r Σ_i J[s,r][j,i] ε[k,r][w,i] + (f[k,s] ⊗ x_k)[w] at w's own position j
 *   grad_k[w]   = Σ_s Σ_j L[s][j] ε[k,s][w,j]
 * </pre>
 *
 * with J the Jacobian of the group along all paths, and elements outside the pattern set to zero
 * after each step.
 *
 * @param patterns for each group, the positions that an influence on a position is kept for
 */
public record SnapTraces(SiteMap map, List<SiteMap.Slot> slots, Map<Integer, Pattern> patterns)
    implements Traces {

  /** With one position kept for each there is nothing to write out. */
  public static Traces of(SiteMap map, Map<Integer, Pattern> patterns) {
    Dynamics whole = new Dynamics.Whole(map);
    if (patterns.values().stream().allMatch(Pattern::isOwnPositions)) {
      return PerWeightTraces.of(map, whole);
    }
    List<SiteMap.Slot> slots = map.slots(whole);
    return new SnapTraces(map, slots, patterns);
  }

  private int positions(int state) {
    return FlatLength.of(map.step.state(state).type());
  }

  private TensorType type(SiteMap.Slot slot) {
    TensorType own = map.sites.get(slot.site()).layout().trace();
    return own.with(own.shape().insert(own.rank(), positions(slot.state())));
  }

  @Override
  public List<TraceState> states() {
    return slots.stream().map(s -> s.trace(type(s))).toList();
  }

  @Override
  public Set<Integer> followed() {
    return SiteMap.Slot.states(slots);
  }

  @Override
  public List<Tensor> update(StepCopy copy, List<Tensor> old) {
    List<Tensor> fresh = new ArrayList<>();
    for (SiteMap.Slot slot : slots) {
      SiteMap.Located l = map.sites.get(slot.site());
      copy.b.at(l.site().where());
      List<Tensor> terms = new ArrayList<>();
      for (int i = 0; i < slots.size(); i++) {
        SiteMap.Slot from = slots.get(i);
        if (from.site() == slot.site()
            && map.group(from.state()).equals(map.group(slot.state()))
            && map.analysis.depends(slot.state(), from.state())) {
          Tensor j = copy.jacobian(map.group(slot.state())).block(slot.state(), from.state());
          terms.add(times(old.get(i), j));
        }
      }
      Tensor own = ownPosition(copy, l, slot.state());
      PerWeightTraces.share(copy, l, slot.state())
          .ifPresent(f -> terms.add(widen(f, own).mul(own)));
      Tensor sum = copy.sum(type(slot), terms);
      fresh.add(masked(copy, slot, l, sum));
    }
    return fresh;
  }

  // [w…, i] · [i, j] over i
  private static Tensor times(Tensor trace, Tensor j) {
    return trace.dot(j, new Dot(List.of(trace.rank() - 1), List.of(0), List.of(), List.of()));
  }

  /** One-hot of the position that each trace element's signal has, {@code [w…, P]}. */
  private Tensor ownPosition(StepCopy copy, SiteMap.Located l, int state) {
    TensorType signal = l.site().signal().type();
    int[] index = IntStream.range(0, FlatLength.of(signal)).toArray();
    Tensor positions =
        copy.b.tracer(copy.b.lift(HostTensor.of(index, index.length))).reshape(signal.shape());
    return l.layout().spreadSignal(positions).oneHot(positions(state), signal.dtype());
  }

  private static Tensor widen(Tensor t, Tensor like) {
    return t.expandDims(t.rank()).broadcastTo(like.shape());
  }

  private Tensor masked(StepCopy copy, SiteMap.Slot slot, SiteMap.Located l, Tensor trace) {
    return patterns
        .get(map.group(slot.state()).index())
        .mask(trace.dtype())
        .map(
            m -> {
              Tensor own = ownPosition(copy, l, slot.state());
              return trace.mul(times(own, copy.b.tracer(copy.b.lift(m))));
            })
        .orElse(trace);
  }

  @Override
  public void credit(
      StepCopy copy, Map<Integer, Tensor> signals, List<Tensor> traces, GradientSums gradients) {
    for (int i = 0; i < slots.size(); i++) {
      SiteMap.Slot slot = slots.get(i);
      SiteMap.Located l = map.sites.get(slot.site());
      copy.b.at(l.site().where());
      Tensor signal = signals.get(slot.state()).reshape(positions(slot.state()));
      Tensor g = times(traces.get(i), signal);
      gradients.addSite(slot.site(), l.layout().gather(g));
    }
  }
}
