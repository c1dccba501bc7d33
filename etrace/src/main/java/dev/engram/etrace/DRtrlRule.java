package dev.engram.etrace;

import dev.engram.ir.Builder;
import dev.engram.ir.Control;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * D-RTRL: an eligibility trace for each weight, carried on by the diagonal of the state Jacobian.
 *
 * <p>For a site k with {@code y_k = x_k · w_k} and the states s of a hidden group, per position:
 *
 * <pre>
 *   D[s,r] = ∂h_s/∂h_r[t-1]   with every y held fixed
 *   f[k,s] = ∂h_s/∂y_k        along paths that cross no other weight's op
 *   ε[k,s] ← Σ_r D[s,r] ε[k,r] + f[k,s] ⊗ x_k
 *   grad_k = Σ_s L[s] · ε[k,s] + rest,    L[s] = ∂ℓ/∂h_s with the group's other states held fixed
 * </pre>
 *
 * where the rest is the part of the step's own gradient that no trace carries: {@code x_k ⊗
 * (∂ℓ/∂y_k - Σ_s L[s] f[k,s])}. Weights without a trace get the step's own gradient whole.
 *
 * <p>Wang et al., "A scalable online learning framework for recurrent networks" (D-RTRL); the two
 * corrections to it are in the design's section on online learning.
 */
public final class DRtrlRule {
  /** The trace of one site for one hidden state. */
  private record Slot(int site, int state, TraceState trace) {}

  private record Located(Analysis.Traced traced, Layout layout) {}

  private final ModelStep step;
  private final Analysis analysis;
  private final List<Located> sites;
  private final List<Slot> slots = new ArrayList<>();
  private final Map<Integer, StepGraphs.Local> locals = new LinkedHashMap<>();

  private DRtrlRule(ModelStep given) {
    step =
        new ModelStep(StepGraphs.inlinePlainCalls(given.graph()), given.results(), given.states());
    analysis = new Analysis(step);
    sites = analysis.traced.stream().map(t -> new Located(t, Layout.of(t.site()))).toList();
    for (int k = 0; k < sites.size(); k++) {
      addSlots(k);
    }
    for (Slot slot : slots) {
      locals.computeIfAbsent(slot.state, this::local);
    }
  }

  /**
   * The rule for {@code step}, for one example; batch it with vmap.
   *
   * @throws EtraceException when the model has no hidden state or no weight has a relation
   */
  public static OnlineStep of(ModelStep step) {
    DRtrlRule rule = new DRtrlRule(step);
    List<TraceState> traces = rule.slots.stream().map(Slot::trace).toList();
    Control.Derivative.Vjp derivative =
        new Control.Derivative.Vjp(rule.forward(true), rule.backward());
    return new OnlineStep(
        step, new Control.Call(rule.forward(false), derivative), traces, rule.analysis.report);
  }

  // A state of the group has a trace when y reaches it, or when a state that has one feeds it.
  private void addSlots(int k) {
    Set<Integer> states = new LinkedHashSet<>(sites.get(k).traced.walk().reached);
    boolean grown = true;
    while (grown) {
      grown = false;
      for (Map.Entry<Integer, Set<Integer>> e : analysis.recurrence.entrySet()) {
        if (e.getValue().stream().anyMatch(states::contains)) {
          grown |= states.add(e.getKey());
        }
      }
    }
    Site site = sites.get(k).traced.site();
    String path =
        analysis.flow.weightsOf(site.weight()).stream()
            .map(this::path)
            .collect(Collectors.joining("+"));
    for (int s : states.stream().sorted().toList()) {
      HiddenGroup g = analysis.groupOf(s);
      slots.add(
          new Slot(
              k,
              s,
              new TraceState(path, g.index(), g.states().indexOf(s), sites.get(k).layout.trace())));
    }
  }

  private String path(Var weight) {
    return step.graph().params().stream()
        .filter(p -> p.var() == weight)
        .map(Param::path)
        .findFirst()
        .orElseThrow();
  }

  // ∂h_s with respect to the old states that feed it and the signals that reach it.
  private StepGraphs.Local local(int s) {
    Set<Var> wrt = new LinkedHashSet<>();
    for (int r : analysis.recurrence.getOrDefault(s, Set.of())) {
      wrt.add(step.state(r).var());
    }
    for (Located l : sites) {
      if (l.traced.walk().reached.contains(s)) {
        wrt.add(l.traced.site().signal());
      }
    }
    return StepGraphs.local(analysis.flow, newState(s), wrt);
  }

  private Var newState(int s) {
    return (Var) step.graph().outs().get(step.results() + s);
  }

  /** A copy of the step in a builder, with its local derivatives. */
  private final class Copy {
    final Builder b;
    final Map<Value, Value> map = new HashMap<>();
    private final Map<Integer, Map<Var, Value>> derivatives = new HashMap<>();

    Copy(Builder b) {
      this.b = b;
      for (Param p : step.graph().params()) {
        map.put(p.var(), b.param(p));
      }
    }

    void equations() {
      step.graph().eqns().forEach(e -> b.copy(e, map));
    }

    Value value(Value v) {
      return Builder.mapped(map, v);
    }

    Tensor tensor(Value v) {
      return b.tracer(value(v));
    }

    Optional<Tensor> derivative(int state, Var wrt) {
      Map<Var, Value> of =
          derivatives.computeIfAbsent(
              state, s -> locals.get(s).derivatives(b, map, Lit.one(newState(s).type())));
      return Optional.ofNullable(of.get(wrt)).map(b::tracer);
    }
  }

  private Graph forward(boolean withResiduals) {
    Builder b = new Builder(step.graph().name() + ".d_rtrl");
    Copy copy = new Copy(b);
    List<Tensor> old = new ArrayList<>();
    for (Slot slot : slots) {
      old.add(b.tracer(b.param(slot.trace.type(), Role.STATE, slot.trace.name())));
    }
    copy.equations();
    List<Value> traces = new ArrayList<>();
    for (Slot slot : slots) {
      b.at(sites.get(slot.site).traced.site().where());
      traces.add(b.lift(update(copy, slot, old)));
    }
    List<Value> outs = new ArrayList<>();
    step.graph().outs().forEach(v -> outs.add(copy.value(v)));
    outs.addAll(traces);
    if (withResiduals) {
      step.graph().params().forEach(p -> outs.add(copy.value(p.var())));
      outs.addAll(traces);
    }
    return b.build(outs);
  }

  // ε[k,s] ← Σ_r D[s,r] ε[k,r] + f[k,s] ⊗ x_k
  private Tensor update(Copy copy, Slot slot, List<Tensor> old) {
    Located l = sites.get(slot.site);
    List<Tensor> terms = new ArrayList<>();
    for (int i = 0; i < slots.size(); i++) {
      Slot from = slots.get(i);
      if (from.site == slot.site) {
        Tensor trace = old.get(i);
        copy.derivative(slot.state, step.state(from.state).var())
            .ifPresent(d -> terms.add(l.layout.spreadSignal(d).mul(trace)));
      }
    }
    copy.derivative(slot.state, l.traced.site().signal())
        .ifPresent(
            f -> {
              Tensor wide = l.layout.spreadSignal(f);
              terms.add(
                  switch (l.traced.site()) {
                    case Site.Contract c -> wide.mul(l.layout.spreadData(copy.tensor(c.data())));
                    case Site.Direct _ -> wide;
                  });
            });
    return sum(copy.b, slot.trace.type(), terms);
  }

  private static Tensor sum(Builder b, TensorType type, List<Tensor> terms) {
    return terms.stream().reduce(Tensor::add).orElse(b.tracer(Lit.zero(type)));
  }

  private Graph backward() {
    Builder b = new Builder(step.graph().name() + ".d_rtrl.backward");
    Copy copy = new Copy(b);
    List<Tensor> traces = new ArrayList<>();
    for (Slot slot : slots) {
      traces.add(b.tracer(b.param(slot.trace.type(), Role.STATE, slot.trace.name())));
    }
    List<Value> cotangents = new ArrayList<>();
    for (Value out : step.graph().outs()) {
      if (out.type().dtype().isFloat()) {
        cotangents.add(b.param(out.type(), Role.INPUT, ""));
      }
    }
    slots.forEach(slot -> b.param(slot.trace.type(), Role.INPUT, ""));
    copy.equations();

    Map<Integer, Tensor> signals = learningSignals(copy, cotangents);
    Instantaneous own = new Instantaneous(step, analysis);
    Map<Var, Tensor> gradients = own.gradients(b, copy.map, cotangents);
    for (int k = 0; k < sites.size(); k++) {
      Site site = sites.get(k).traced.site();
      b.at(site.where());
      Tensor g = siteGradient(copy, k, signals, traces, own);
      WeightChain.add(analysis.flow, site.weight(), g, b, copy.map, gradients);
    }
    List<Value> outs = new ArrayList<>();
    for (Param p : step.graph().params()) {
      if (p.type().dtype().isFloat()) {
        Tensor g = gradients.get(p.var());
        outs.add(g == null ? Lit.zero(p.type()) : b.lift(g));
      }
    }
    slots.forEach(slot -> outs.add(Lit.zero(slot.trace.type())));
    return b.build(outs);
  }

  // L[s] = ∂ℓ/∂h_s with the other states of the group held fixed
  private Map<Integer, Tensor> learningSignals(Copy copy, List<Value> cotangents) {
    Map<Integer, Tensor> signals = new HashMap<>();
    for (HiddenGroup g : analysis.groups) {
      List<Integer> states = g.states().stream().filter(locals::containsKey).toList();
      if (states.isEmpty()) {
        continue;
      }
      List<Value> fresh = g.states().stream().map(s -> copy.value(newState(s))).toList();
      List<Value> found = StepGraphs.signals(step, g.states(), copy.b, copy.map, fresh, cotangents);
      for (int i = 0; i < found.size(); i++) {
        signals.put(g.states().get(i), copy.b.tracer(found.get(i)));
      }
    }
    return signals;
  }

  // Σ_s L[s] · ε[k,s], and x ⊗ (∂ℓ/∂y - Σ_s L[s] f[k,s]) where some path is not covered
  private Tensor siteGradient(
      Copy copy, int k, Map<Integer, Tensor> signals, List<Tensor> traces, Instantaneous own) {
    Located l = sites.get(k);
    Site site = l.traced.site();
    List<Tensor> terms = new ArrayList<>();
    for (int i = 0; i < slots.size(); i++) {
      Slot slot = slots.get(i);
      if (slot.site == k) {
        Tensor wide = l.layout.spreadSignal(signals.get(slot.state));
        terms.add(l.layout.gather(wide.mul(traces.get(i))));
      }
    }
    if (l.traced.walk().rest) {
      Tensor left = own.signalCotangent(k);
      for (int s : l.traced.walk().reached) {
        left = left.sub(signals.get(s).mul(copy.derivative(s, site.signal()).orElseThrow()));
      }
      terms.add(WeightChain.throughSite(site, left, copy.b, copy.map));
    }
    return sum(copy.b, site.weight().type(), terms);
  }
}
