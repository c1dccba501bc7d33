package dev.engram.etrace.traces;

import dev.engram.etrace.TraceState;
import dev.engram.etrace.analysis.SiteMap;
import dev.engram.etrace.signal.GradientSums;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A trace of every weight for the positions of the group that its influence can reach in n steps.
 *
 * <pre>
 *   ε[k,s][w,j] ← Σ_r Σ_i J[s,r][j,i] ε[k,r][w,i] + (f[k,s] ⊗ x_k)[w] at w's own position j
 *   grad_k[w]   = Σ_s Σ_j L[s][j] ε[k,s][w,j]
 * </pre>
 *
 * with J the Jacobian of the group along all paths, for the positions i and j that are kept for w's
 * own one.
 *
 * @param spaces for each group, the axis of positions
 */
public record SnapTraces(SiteMap map, List<SiteMap.Slot> slots, Map<Integer, SnapSpace> spaces)
    implements Traces {

  /** With one position kept for each there is nothing to write out. */
  public static Traces of(SiteMap map, Map<Integer, SnapSpace> spaces) {
    Dynamics whole = new Dynamics.Whole(map);
    if (spaces.values().stream().allMatch(s -> s.size() == 1)) {
      return PerWeightTraces.of(map, whole);
    }
    return new SnapTraces(map, map.slots(whole), spaces);
  }

  private SnapSpace space(int state) {
    return spaces.get(map.group(state).index());
  }

  private TensorType type(SiteMap.Slot slot) {
    return space(slot.state()).trace(map.sites.get(slot.site()).layout());
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
    Map<List<Integer>, Tensor> factors = new HashMap<>();
    List<Tensor> fresh = new ArrayList<>();
    for (SiteMap.Slot slot : slots) {
      SiteMap.Located l = map.sites.get(slot.site());
      SnapSpace space = space(slot.state());
      copy.b.at(l.site().where());
      List<Tensor> terms = new ArrayList<>();
      for (int i = 0; i < slots.size(); i++) {
        SiteMap.Slot from = slots.get(i);
        if (from.site() == slot.site()
            && map.group(from.state()).equals(map.group(slot.state()))
            && map.analysis.depends(slot.state(), from.state())) {
          Tensor factor =
              factors.computeIfAbsent(
                  List.of(slot.state(), from.state()),
                  _ -> space.factor(copy, slot.state(), from.state()));
          terms.add(space.carried(l.layout(), old.get(i), factor));
        }
      }
      PerWeightTraces.share(copy, l, slot.state())
          .ifPresent(f -> terms.add(space.atOwn(copy, l.layout(), f)));
      fresh.add(space.within(copy, l.layout(), copy.sum(type(slot), terms)));
    }
    return fresh;
  }

  @Override
  public void credit(
      StepCopy copy, Map<Integer, Tensor> signals, List<Tensor> traces, GradientSums gradients) {
    Map<Integer, Tensor> around = new HashMap<>();
    for (int i = 0; i < slots.size(); i++) {
      SiteMap.Slot slot = slots.get(i);
      SiteMap.Located l = map.sites.get(slot.site());
      SnapSpace space = space(slot.state());
      copy.b.at(l.site().where());
      Tensor signal = around.computeIfAbsent(slot.state(), s -> space.around(copy, signals.get(s)));
      Tensor g = space.credited(l.layout(), traces.get(i), signal);
      gradients.addSite(slot.site(), l.layout().gather(g));
    }
  }
}
