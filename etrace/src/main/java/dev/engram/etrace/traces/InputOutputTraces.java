package dev.engram.etrace.traces;

import dev.engram.etrace.Factorization;
import dev.engram.etrace.TraceState;
import dev.engram.etrace.analysis.Site;
import dev.engram.etrace.analysis.SiteMap;
import dev.engram.etrace.signal.GradientSums;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.tensor.RoundOnce;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A trace of each site's input and one of what its output does to each hidden state.
 *
 * <pre>
 *   εx_k    ← αx εx_k + x_k
 *   εf[k,s] ← αf Σ_r D[s,r] εf[k,r] + (1 - αf) f[k,s]
 *   grad_k  = Σ_s (L[s] εf[k,s] / (1 - αf^(t+1))) ⊗ εx_k
 * </pre>
 *
 * A weight that meets no data by a contraction has no input side: there the data are in f.
 */
public record InputOutputTraces(
    SiteMap map,
    Dynamics dynamics,
    Factorization.InputOutput decays,
    List<SiteMap.Slot> slots,
    List<TraceState> states)
    implements Traces {

  public static InputOutputTraces of(
      SiteMap map, Dynamics dynamics, Factorization.InputOutput decays) {
    List<SiteMap.Slot> slots = map.slots(dynamics);
    List<TraceState> states = new ArrayList<>();
    states.add(new TraceState("steps", TraceState.Kind.COUNTER, TensorType.scalar(DType.I32)));
    for (SiteMap.Located l : map.sites) {
      l.site()
          .dataType()
          .ifPresent(t -> states.add(new TraceState(l.name() + ".in", TraceState.Kind.INPUT, t)));
    }
    for (SiteMap.Slot s : slots) {
      TensorType t = map.sites.get(s.site()).site().signal().type();
      states.add(new TraceState(s.name() + ".out", TraceState.Kind.OUTPUT, t));
    }
    return new InputOutputTraces(map, dynamics, decays, slots, List.copyOf(states));
  }

  @Override
  public Set<Integer> followed() {
    return SiteMap.Slot.states(slots);
  }

  /** The traces by what they are of. */
  private record Parts(Tensor steps, Map<Integer, Tensor> in, List<Tensor> out) {}

  private Parts parts(List<Tensor> traces) {
    Map<Integer, Tensor> in = new LinkedHashMap<>();
    int next = 1;
    for (int k = 0; k < map.sites.size(); k++) {
      if (map.sites.get(k).site().dataType().isPresent()) {
        in.put(k, traces.get(next++));
      }
    }
    return new Parts(traces.getFirst(), in, traces.subList(next, traces.size()));
  }

  @Override
  public List<Tensor> update(StepCopy copy, List<Tensor> old) {
    Parts was = parts(old);
    List<Tensor> fresh = new ArrayList<>();
    fresh.add(was.steps.add(1));
    was.in.forEach(
        (k, x) -> {
          Site site = map.sites.get(k).site();
          copy.b.at(site.where());
          fresh.add(x.mul(decays.inputDecay()).add(site.data(copy).orElseThrow()));
        });
    double alpha = decays.outputDecay();
    for (SiteMap.Slot slot : slots) {
      SiteMap.Located l = map.sites.get(slot.site());
      copy.b.at(l.site().where());
      Map<Integer, Tensor> mine = new HashMap<>();
      for (int i = 0; i < slots.size(); i++) {
        if (slots.get(i).site() == slot.site()) {
          mine.put(slots.get(i).state(), was.out.get(i));
        }
      }
      List<Tensor> terms = new ArrayList<>();
      dynamics.carried(copy, slot.state(), mine).forEach(t -> terms.add(t.mul(alpha)));
      copy.local(slot.state(), l.site().signal()).ifPresent(f -> terms.add(f.mul(1 - alpha)));
      fresh.add(copy.sum(l.site().signal().type(), terms));
    }
    return fresh;
  }

  @Override
  public void credit(
      StepCopy copy, Map<Integer, Tensor> signals, List<Tensor> traces, GradientSums gradients) {
    Parts now = parts(traces);
    Map<Integer, Tensor> bySite = new LinkedHashMap<>();
    for (int i = 0; i < slots.size(); i++) {
      SiteMap.Slot slot = slots.get(i);
      copy.b.at(map.sites.get(slot.site()).site().where());
      Tensor out = now.out.get(i);
      Tensor t = signals.get(slot.state()).mul(out).div(weightSum(now.steps, out.dtype()));
      bySite.merge(slot.site(), t, Tensor::add);
    }
    bySite.forEach(
        (k, dy) -> {
          SiteMap.Located l = map.sites.get(k);
          copy.b.at(l.site().where());
          Tensor x = now.in.get(k);
          gradients.addSite(k, x == null ? dy : l.site().product(copy, x, dy));
        });
  }

  // 1 - αf^(t+1): what the weights of all steps so far add up to; 1 before the first. The power is
  // close to 1 where αf is: -(e^(n ln αf) - 1) does not cancel.
  private Tensor weightSum(Tensor steps, DType dtype) {
    Tensor n = steps.cast(RoundOnce.wide(dtype));
    Tensor sum = n.mul(Math.log(decays.outputDecay())).expm1().neg();
    return n.eq(0).select(n.like(1), sum).cast(dtype);
  }
}
