package dev.engram.etrace.traces;

import dev.engram.etrace.TraceFilter;
import dev.engram.etrace.TraceState;
import dev.engram.etrace.analysis.UserClass;
import dev.engram.etrace.signal.GradientSums;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Other traces, passed through a filter. The filter's memory stands behind the traces, that of the
 * first trace first.
 *
 * @param memories number of the filter's tensors for each trace
 */
public record FilteredTraces(Traces inner, TraceFilter.WithMemory filter, int memories)
    implements Traces {

  public static FilteredTraces of(Traces inner, TraceFilter.WithMemory filter) {
    int n = filter.memories();
    if (n < 0) {
      throw new UserClass(filter, "memories")
          .refused("got " + n + ", expected at least 0", "return the number of tensors");
    }
    return new FilteredTraces(inner, filter, n);
  }

  @Override
  public List<TraceState> states() {
    List<TraceState> all = new ArrayList<>(inner.states());
    for (TraceState t : inner.states()) {
      for (int m = 0; m < memories; m++) {
        String name = t.name() + ".filtered" + (memories == 1 ? "" : m);
        all.add(new TraceState(name, TraceState.Kind.FILTERED, t.type()));
      }
    }
    return all;
  }

  @Override
  public Set<Integer> followed() {
    return inner.followed();
  }

  private List<Tensor> memory(List<Tensor> all, int trace) {
    int from = inner.states().size() + trace * memories;
    return List.copyOf(all.subList(from, from + memories));
  }

  @Override
  public List<Tensor> update(StepCopy copy, List<Tensor> old) {
    int n = inner.states().size();
    List<Tensor> fresh = new ArrayList<>(inner.update(copy, old.subList(0, n)));
    for (int i = 0; i < n; i++) {
      TraceState t = inner.states().get(i);
      List<Tensor> next = filter.update(fresh.get(i), memory(old, i));
      fresh.addAll(
          new UserClass(filter, "update")
              .all(
                  copy.b,
                  "for the trace " + t.name(),
                  next,
                  Collections.nCopies(memories, t.type())));
    }
    return fresh;
  }

  @Override
  public void credit(
      StepCopy copy, Map<Integer, Tensor> signals, List<Tensor> traces, GradientSums gradients) {
    List<Tensor> used = new ArrayList<>();
    for (int i = 0; i < inner.states().size(); i++) {
      TraceState t = inner.states().get(i);
      Tensor got = filter.used(traces.get(i), memory(traces, i));
      used.add(
          new UserClass(filter, "used").one(copy.b, "for the trace " + t.name(), got, t.type()));
    }
    inner.credit(copy, signals, used, gradients);
  }
}
