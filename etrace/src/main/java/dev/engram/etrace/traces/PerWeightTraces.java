package dev.engram.etrace.traces;

import dev.engram.etrace.TraceState;
import dev.engram.etrace.analysis.SiteMap;
import dev.engram.etrace.signal.GradientSums;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A trace of every weight for the one position that it reaches.
 *
 * <pre>
 *   f[k,s] = ∂h_s/∂y_k        along paths that cross no other site
 *   ε[k,s] ← Σ_r D[s,r] ε[k,r] + f[k,s] ⊗ x_k
 *   grad_k = Σ_s L[s] · ε[k,s]
 * </pre>
 */
public record PerWeightTraces(SiteMap map, Dynamics dynamics, List<SiteMap.Slot> slots)
    implements Traces {

  public static PerWeightTraces of(SiteMap map, Dynamics dynamics) {
    return new PerWeightTraces(map, dynamics, map.slots(dynamics));
  }

  @Override
  public List<TraceState> states() {
    return slots.stream().map(s -> s.trace(map.sites.get(s.site()).layout().trace())).toList();
  }

  @Override
  public Set<Integer> followed() {
    return SiteMap.Slot.states(slots);
  }

  @Override
  public List<Tensor> update(StepCopy copy, List<Tensor> old) {
    List<Tensor> fresh = new ArrayList<>();
    for (SiteMap.Slot slot : slots) {
      copy.b.at(map.sites.get(slot.site()).site().where());
      fresh.add(update(copy, slot, old));
    }
    return fresh;
  }

  private Tensor update(StepCopy copy, SiteMap.Slot slot, List<Tensor> old) {
    SiteMap.Located l = map.sites.get(slot.site());
    List<Tensor> terms = new ArrayList<>();
    for (int i = 0; i < slots.size(); i++) {
      SiteMap.Slot from = slots.get(i);
      if (from.site() == slot.site() && dynamics.feeds(slot.state()).contains(from.state())) {
        Tensor trace = old.get(i);
        dynamics
            .factor(copy, slot.state(), from.state())
            .ifPresent(d -> terms.add(l.layout(copy).spreadSignal(d).mul(trace)));
      }
    }
    share(copy, l, slot.state()).ifPresent(terms::add);
    return copy.sum(l.layout().trace(), terms);
  }

  /** {@code f[k,s] ⊗ x_k}: what this step adds. */
  static Optional<Tensor> share(StepCopy copy, SiteMap.Located l, int state) {
    return copy.local(state, l.site().signal())
        .map(
            f -> {
              Tensor wide = l.layout(copy).spreadSignal(f);
              return l.site()
                  .data(copy)
                  .map(x -> wide.mul(l.layout(copy).spreadData(x)))
                  .orElse(wide);
            });
  }

  @Override
  public void credit(
      StepCopy copy, Map<Integer, Tensor> signals, List<Tensor> traces, GradientSums gradients) {
    for (int i = 0; i < slots.size(); i++) {
      SiteMap.Slot slot = slots.get(i);
      SiteMap.Located l = map.sites.get(slot.site());
      copy.b.at(l.site().where());
      Tensor wide = l.layout(copy).spreadSignal(signals.get(slot.state()));
      gradients.addSite(slot.site(), l.layout(copy).gather(wide.mul(traces.get(i))));
    }
  }
}
