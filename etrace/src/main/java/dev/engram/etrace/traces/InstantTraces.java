package dev.engram.etrace.traces;

import dev.engram.etrace.TraceState;
import dev.engram.etrace.analysis.SiteMap;
import dev.engram.etrace.signal.GradientSums;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** No memory: {@code grad_k = x_k ⊗ Σ_s L[s] f[k,s]} of this step only. */
public record InstantTraces(SiteMap map) implements Traces {

  @Override
  public List<TraceState> states() {
    return List.of();
  }

  @Override
  public Set<Integer> followed() {
    return map.sites.stream().flatMap(l -> l.reached().stream()).collect(Collectors.toSet());
  }

  @Override
  public List<Tensor> update(StepCopy copy, List<Tensor> old) {
    return List.of();
  }

  @Override
  public void credit(
      StepCopy copy, Map<Integer, Tensor> signals, List<Tensor> traces, GradientSums gradients) {
    for (int k = 0; k < map.sites.size(); k++) {
      SiteMap.Located l = map.sites.get(k);
      copy.b.at(l.site().where());
      List<Tensor> terms =
          l.reached().stream()
              .map(s -> signals.get(s).mul(copy.local(s, l.site().signal()).orElseThrow()))
              .toList();
      gradients.addSite(k, l.site().pullback(copy, copy.sum(l.site().signal().type(), terms)));
    }
  }
}
