package dev.engram.etrace;

import dev.engram.etrace.analysis.Analysis;
import dev.engram.etrace.analysis.Pattern;
import dev.engram.etrace.analysis.Site;
import dev.engram.etrace.analysis.SiteMap;
import dev.engram.etrace.analysis.SiteVerdicts;
import dev.engram.etrace.analysis.StepGraphs;
import dev.engram.etrace.analysis.Verdicts;
import dev.engram.etrace.normalize.ReassociateLowRank;
import dev.engram.etrace.normalize.ScatterToContraction;
import dev.engram.etrace.normalize.SinkRelabelling;
import dev.engram.etrace.normalize.UnrollControlFlow;
import dev.engram.etrace.signal.GradientSums;
import dev.engram.etrace.signal.Signals;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.etrace.signal.UntracedGradient;
import dev.engram.etrace.traces.Dynamics;
import dev.engram.etrace.traces.FilteredTraces;
import dev.engram.etrace.traces.FullTraces;
import dev.engram.etrace.traces.InputOutputTraces;
import dev.engram.etrace.traces.InstantTraces;
import dev.engram.etrace.traces.OwnProducts;
import dev.engram.etrace.traces.PerWeightTraces;
import dev.engram.etrace.traces.ProjectedInfluence;
import dev.engram.etrace.traces.ProjectedTraces;
import dev.engram.etrace.traces.SnapSpace;
import dev.engram.etrace.traces.SnapTraces;
import dev.engram.etrace.traces.Traces;
import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.Verification;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Control;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds the graphs of a rule for one model step.
 *
 * <p>For a site k with {@code y_k = x_k · w_k}, the states s of a hidden group, and a loss ℓ of one
 * step:
 *
 * <pre>
 *   grad_k = L · ε_k + rest,    L[s] = ∂ℓ/∂h_s with the group's other states held fixed
 * </pre>
 *
 * where the traces ε are defined by the rule's coordinates ({@link PerWeightTraces} and the other
 * {@code Traces}), and the rest is the part of the step's own gradient that no trace carries
 * ({@link UntracedGradient}). Weights without a trace get the whole gradient of the step.
 */
public final class OnlineRule {
  private final ModelStep step;
  private final Rule rule;
  private final SiteMap map;
  private final Traces traces;
  private final List<TraceState> states;
  private final Signals signals;
  private final List<RuleInput> inputs;
  private final Report report;

  private OnlineRule(ModelStep given, Rule rule) {
    this.rule = rule;
    Graph unfolded =
        Verification.of("unrolling of control flow", UnrollControlFlow.run(given.graph()));
    Graph collected =
        Verification.of("contraction of scatters", ScatterToContraction.run(unfolded));
    Graph associated =
        Verification.of("reassociation of low rank", ReassociateLowRank.run(collected));
    step = SinkRelabelling.run(new ModelStep(associated, given.results(), given.states()));
    Verification.of("relabelling of sinks", step.graph());
    Analysis analysis = new Analysis(step);
    map = new SiteMap(step, analysis);
    requireAxes();
    Map<Integer, Pattern> patterns = patterns();
    Map<Integer, SnapSpace> spaces = patterns.isEmpty() ? Map.of() : SnapSpace.of(map, patterns);
    report = analysis.report(Verdicts.of(map, rule, patterns), patterns, kept(spaces));
    requireTraces();
    traces = filtered(traces(spaces));
    states = traces.states();
    signals = new Signals(map, rule, traces.followed());
    inputs = signals.inputs();
  }

  /**
   * Builds {@code rule} for {@code step}, for one example; batch it with vmap.
   *
   * @throws EtraceException when the model has no hidden state, or nothing can be learned through
   *     traces
   */
  public static OnlineStep of(ModelStep step, Rule rule) {
    Given.given("OnlineRule.of", "step", step);
    Given.given("OnlineRule.of", "rule", rule);
    OnlineRule r = new OnlineRule(step, rule);
    Control.Derivative.Vjp derivative = new Control.Derivative.Vjp(r.forward(true), r.backward());
    Control.Call call = new Control.Call(r.forward(false), derivative);
    return new OnlineStep(
        r.step,
        rule,
        Verification.of("the learning rule", call),
        Verification.of("the learning rule", r.credit()),
        r.map.tables(),
        r.states,
        r.inputs,
        r.report);
  }

  private void requireTraces() {
    boolean none =
        rule.followsSites() ? map.sites.isEmpty() : map.analysis.temporalWeights().isEmpty();
    if (none) {
      throw new EtraceException(
          "no weight of the model @"
              + step.graph().name()
              + " can be learned through traces ("
              + SourceLocation.here()
              + "):\n"
              + String.join("\n", report.diagnostics().stream().map(d -> "  " + d).toList()));
    }
  }

  /** SnAp's traces have an axis of positions in the place of those of a signal. */
  private void requireAxes() {
    if (!(rule.scope() instanceof Scope.Snap)) {
      return;
    }
    for (SiteMap.Located l : map.sites) {
      if (l.site() instanceof Site.Connected c) {
        throw new EtraceException(
            "SnAp cannot follow %s through %s, a product by a table of connections (%s); use another rule, such as D-RTRL or pp-prop, or a SparseLinear"
                .formatted(l.name(), c.op().mnemonic(), c.where()));
      }
    }
  }

  private Map<Integer, Pattern> patterns() {
    Map<Integer, Pattern> patterns = new HashMap<>();
    if (rule.scope() instanceof Scope.Snap(int n)) {
      for (HiddenGroup g : map.analysis.groups) {
        patterns.put(g.index(), Pattern.within(map, g, n));
      }
    }
    return patterns;
  }

  private List<KeptPositions> kept(Map<Integer, SnapSpace> spaces) {
    return map.analysis.groups.stream()
        .filter(g -> spaces.containsKey(g.index()))
        .map(g -> spaces.get(g.index()).kept(g))
        .toList();
  }

  private Traces traces(Map<Integer, SnapSpace> spaces) {
    Dynamics dynamics = Dynamics.of(map, rule);
    boolean full = rule.scope() instanceof Scope.Full;
    return switch (rule.factorization()) {
      case Factorization.InputOutput io -> InputOutputTraces.of(map, dynamics, io);
      case Factorization.OuterProducts own -> OwnProducts.of(map, dynamics, own);
      case Factorization.RandomProjection _ ->
          ProjectedTraces.of(
              full
                  ? ProjectedInfluence.OfWeights.of(map)
                  : ProjectedInfluence.OfSites.of(map, dynamics));
      case Factorization.PerWeight _ -> {
        if (full) {
          yield FullTraces.of(map);
        }
        if (rule.scope() instanceof Scope.Snap) {
          yield SnapTraces.of(map, spaces);
        }
        boolean instant = rule.recursion() instanceof Recursion.None && !rule.filters();
        yield instant ? new InstantTraces(map) : PerWeightTraces.of(map, dynamics);
      }
    };
  }

  private Traces filtered(Traces t) {
    return rule.filter() instanceof TraceFilter.WithMemory filter && rule.filters()
        ? FilteredTraces.of(t, filter)
        : t;
  }

  private String name(String part) {
    return step.graph().name() + "." + part;
  }

  private List<Tensor> traceParams(Builder b) {
    List<Tensor> out = new ArrayList<>();
    states.forEach(t -> out.add(b.tracer(b.param(t.type(), Role.STATE, t.name()))));
    return out;
  }

  private List<Tensor> inputParams(Builder b) {
    List<Tensor> out = new ArrayList<>();
    inputs.forEach(t -> out.add(b.tracer(b.param(t.type(), Role.INPUT, t.name()))));
    return out;
  }

  private Graph forward(boolean withResiduals) {
    Builder b = new Builder(name("online"));
    StepCopy copy = StepCopy.whole(map, b);
    List<Tensor> old = traceParams(b);
    List<Tensor> given = inputParams(b);
    copy.equations();
    List<Value> fresh = traces.update(copy, old).stream().map(b::lift).toList();
    List<Value> outs = new ArrayList<>();
    step.graph().outs().forEach(v -> outs.add(copy.value(v)));
    outs.addAll(fresh);
    if (withResiduals) {
      outs.addAll(copy.parameters());
      outs.addAll(readsTracesBefore() ? old.stream().map(b::lift).toList() : fresh);
      given.forEach(t -> outs.add(b.lift(t)));
    }
    return b.build(outs);
  }

  private Graph backward() {
    Builder b = new Builder(name("online.backward"));
    StepCopy copy = StepCopy.whole(map, b);
    List<Tensor> now = traceParams(b);
    List<Tensor> given = inputParams(b);
    List<Value> cotangents = new ArrayList<>();
    for (Value out : step.graph().outs()) {
      if (out.type().dtype().isFloat()) {
        cotangents.add(b.param(out.type(), Role.INPUT, ""));
      }
    }
    for (TraceState t : states) {
      if (t.type().dtype().isFloat()) {
        b.param(t.type(), Role.INPUT, "");
      }
    }
    copy.equations();
    Map<Var, Tensor> found =
        readsTracesBefore()
            ? windowOfOne(copy, now, cotangents)
            : perStep(copy, now, given, cotangents);
    List<Value> outs = new ArrayList<>();
    for (Param p : step.graph().params()) {
      if (p.type().dtype().isFloat()) {
        Tensor g = found.get(p.var());
        outs.add(g == null ? Lit.zero(p.type()) : b.lift(g));
      }
    }
    for (TraceState t : states) {
      if (t.type().dtype().isFloat()) {
        outs.add(Lit.zero(t.type()));
      }
    }
    signals
        .inputGradients(copy, signals.expected(copy, cotangents, given), given)
        .forEach(g -> outs.add(b.lift(g)));
    return b.build(outs);
  }

  /**
   * True when the gradient is that of the step as a function of its old states, completed by the
   * traces before the step: in windows, and for rules that follow every path if a result depends on
   * an old state other than through the new ones.
   */
  private boolean readsTracesBefore() {
    boolean full =
        !rule.followsSites()
            && rule.signal() instanceof LearningSignal.Symmetric
            && !rule.filters();
    return rule.schedule() instanceof Schedule.Window
        || (full
            && step.hidden().stream()
                .anyMatch(r -> SiteVerdicts.oldRead(map, r, step.hidden()).isPresent()));
  }

  private Map<Var, Tensor> perStep(
      StepCopy copy, List<Tensor> now, List<Tensor> given, List<Value> cotangents) {
    List<Value> expected = signals.expected(copy, cotangents, given);
    UntracedGradient rest =
        rule.followsSites()
            ? new UntracedGradient.OfSites(map)
            : new UntracedGradient.OfWeights(map);
    boolean replaced =
        rule.signal() instanceof LearningSignal.RandomFeedback
            || rule.signal() instanceof LearningSignal.Modulatory;
    Map<Integer, Tensor> own =
        replaced && !rest.needsSignals() ? Map.of() : signals.own(copy, expected);
    GradientSums gradients = rest.gradients(copy, expected, own);
    traces.credit(copy, signals.forTraces(copy, cotangents, given, own), now, gradients);
    return gradients.finish(copy);
  }

  /** Returns the step's whole own gradient plus the contribution of the traces before it. */
  private Map<Var, Tensor> windowOfOne(StepCopy copy, List<Tensor> old, List<Value> cotangents) {
    Map<Var, Tensor> own = StepGraphs.cotangents(copy, step.graph(), cotangents);
    GradientSums gradients = new GradientSums(own);
    Map<Integer, Tensor> atStart = new HashMap<>();
    for (int s : step.hidden()) {
      atStart.put(s, own.get(map.oldState(s)));
    }
    if (!states.isEmpty()) {
      traces.credit(copy, atStart, old, gradients);
    }
    Map<Var, Tensor> found = gradients.finish(copy);
    step.states().forEach(i -> found.remove(step.graph().params().get(i).var()));
    return found;
  }

  private Graph credit() {
    Builder b = new Builder(name("credit"));
    StepCopy copy = StepCopy.weightsOnly(map, b);
    List<Tensor> now = traceParams(b);
    Map<Integer, Tensor> given = new HashMap<>();
    for (int s : step.hidden()) {
      Param p = step.state(s);
      given.put(s, b.tracer(b.param(p.type(), Role.INPUT, p.path())));
    }
    GradientSums gradients = new GradientSums(Map.of());
    if (!states.isEmpty()) {
      traces.credit(copy, given, now, gradients);
    }
    Map<Var, Tensor> found = gradients.finish(copy);
    List<Value> outs = new ArrayList<>();
    for (Param p : step.graph().params()) {
      if (p.role() == Role.WEIGHT) {
        Tensor g = found.get(p.var());
        outs.add(g == null ? Lit.zero(p.type()) : b.lift(g));
      }
    }
    return b.build(outs);
  }
}
