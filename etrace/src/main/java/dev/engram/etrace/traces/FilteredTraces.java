package dev.engram.etrace.traces;

import dev.engram.etrace.TraceState;
import dev.engram.etrace.signal.GradientSums;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Other traces, passed through a low-pass filter, {@code ē ← κ ē + ε}. */
public record FilteredTraces(Traces inner, double kappa) implements Traces {

  @Override
  public List<TraceState> states() {
    List<TraceState> all = new ArrayList<>(inner.states());
    for (TraceState t : inner.states()) {
      all.add(new TraceState(t.name() + ".filtered", TraceState.Kind.FILTERED, t.type()));
    }
    return all;
  }

  @Override
  public Set<Integer> followed() {
    return inner.followed();
  }

  @Override
  public List<Tensor> update(StepCopy copy, List<Tensor> old) {
    int n = inner.states().size();
    List<Tensor> fresh = new ArrayList<>(inner.update(copy, old.subList(0, n)));
    for (int i = 0; i < n; i++) {
      fresh.add(old.get(n + i).mul(kappa).add(fresh.get(i)));
    }
    return fresh;
  }

  @Override
  public void credit(
      StepCopy copy, Map<Integer, Tensor> signals, List<Tensor> traces, GradientSums gradients) {
    inner.credit(copy, signals, traces.subList(inner.states().size(), traces.size()), gradients);
  }
}
