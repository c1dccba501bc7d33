package dev.engram.etrace.analysis;

import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Diagnostic.Kind;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.Exactness;
import dev.engram.etrace.Exclusion;
import dev.engram.etrace.HiddenGroup;
import dev.engram.etrace.KeptPositions;
import dev.engram.etrace.ModelStep;
import dev.engram.etrace.Relation;
import dev.engram.etrace.Report;
import dev.engram.etrace.normalize.Relabelling;
import dev.engram.ir.Eqn;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds which weights reach which hidden states of a step, and groups the states.
 *
 * <p>{@code docs/ARCHITECTURE.md} defines relations and hidden groups; the names of the diagnostics
 * are those of the Python library braintrace.
 */
public final class Analysis {
  /** A site that has a trace. */
  public record Traced(Site site, PathAnalysis walk) {}

  final ModelStep step;
  public final Flow flow;
  public final List<HiddenGroup> groups;
  public final List<Traced> traced = new ArrayList<>();

  /** All sites that contribute gradients, with and without a trace. */
  final List<Site> sites = new ArrayList<>();

  /** For each hidden state, the hidden states whose old value reaches its new value cleanly. */
  public final Map<Integer, Set<Integer>> recurrence;

  private final Map<Integer, HiddenGroup> groupsOf = new HashMap<>();
  private final Map<Var, Set<Integer>> dependents = new HashMap<>();
  private final Map<Var, String> paths = new HashMap<>();
  private final PathAnalysis.Reach reach;
  private final List<Relation> relations = new ArrayList<>();
  private final List<Exclusion> excluded = new ArrayList<>();
  private final List<Diagnostic> diagnostics = new ArrayList<>();

  /** {@code step} must have its plain calls inlined. */
  public Analysis(ModelStep step) {
    this.step = step;
    flow = Flow.of(step);
    reach = new PathAnalysis.Reach(step, flow);
    for (Param p : step.graph().params()) {
      paths.put(p.var(), p.path());
    }
    if (step.hidden().isEmpty()) {
      throw new EtraceException(
          "the model @"
              + step.graph().name()
              + " has no hidden state, so nothing can be learned online ("
              + SourceLocation.here()
              + "); keep what it remembers in a hidden State, or train it with grad");
    }
    Groups found = Groups.of(step, reach);
    groups = found.groups();
    groups.forEach(g -> g.states().forEach(s -> groupsOf.put(s, g)));
    recurrence = found.recurrence();
    diagnostics.addAll(found.diagnostics());
    for (List<Site> bundle : bundles()) {
      sites.addAll(bundle);
      decide(bundle);
    }
    untraced();
    diagnostics.addAll(UntracedStates.of(step));
  }

  /**
   * Returns the results.
   *
   * @param gradients the verdicts on the weights
   * @param patterns the positions that each group's traces follow, by group index, if the rule
   *     follows more than each position by itself
   * @param kept the numbers of positions of those with traces
   */
  public Report report(
      List<Exactness> gradients, Map<Integer, Pattern> patterns, List<KeptPositions> kept) {
    List<Diagnostic> all = new ArrayList<>(diagnostics);
    patterns.forEach(
        (g, p) -> {
          if (p.isAll() && !p.isOwnPositions()) {
            List<String> names = groups.get(g).paths();
            all.add(
                new Diagnostic(
                    Kind.SNAP_PATTERN_CONSERVATIVE,
                    List.of(),
                    names,
                    "",
                    SourceLocation.UNKNOWN,
                    "the recurrence of "
                        + String.join(", ", names)
                        + " is dense: within the steps asked for, every position can reach every"
                        + " other, so the traces hold all of them",
                    "with n=1 each holds its own alone"));
          }
        });
    // A weight that is used for each of many states alike is told of once.
    List<Exclusion> once = excluded.stream().distinct().toList();
    return new Report(groups, kept, relations, once, gradients, all.stream().distinct().toList());
  }

  /** True when the new hidden state {@code s} depends on the old one {@code r}. */
  public boolean depends(int s, int r) {
    return dependents(r).contains(s);
  }

  /** Returns the new hidden states that depend on the old state {@code r}. */
  Set<Integer> dependents(int r) {
    return dependents.computeIfAbsent(step.state(r).var(), this::newStatesReached);
  }

  private Set<Integer> newStatesReached(Var from) {
    Set<Integer> states = new TreeSet<>(reach.hiddenOuts.getOrDefault(from, List.of()));
    for (Value v : Paths.around(flow, from, Set.of()).keySet()) {
      states.addAll(reach.hiddenOuts.getOrDefault(v, List.of()));
    }
    return states;
  }

  /** True when some position of the group's old states reaches another one of its new states. */
  boolean mixesPositions(HiddenGroup group) {
    for (int r : group.states()) {
      Set<Value> mixed = new HashSet<>();
      Set<Value> plain = new HashSet<>(Set.of(step.state(r).var()));
      flow.behind(
          List.of(step.state(r).var()),
          e -> {
            for (int i = 0; i < e.inputs().size(); i++) {
              List<Var> on = Flow.carried(new Flow.Use(e, i));
              boolean kept = Flow.keepsPositions(e) && !flow.isProduct(e);
              if (mixed.contains(e.in(i)) || (plain.contains(e.in(i)) && !kept)) {
                mixed.addAll(on);
              }
              if (plain.contains(e.in(i)) && kept) {
                plain.addAll(on);
              }
            }
            return e.outputs().stream()
                .filter(v -> mixed.contains(v) || plain.contains(v))
                .toList();
          });
      for (int s : group.states()) {
        if (mixed.contains(step.graph().outs().get(step.results() + s))) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Returns the weights that reach a hidden state along any path, except those only used untraced.
   */
  public List<Var> temporalWeights() {
    return step.graph().params().stream()
        .filter(p -> p.role() == Role.WEIGHT && p.type().dtype().isFloat())
        .map(Param::var)
        .filter(w -> !newStatesReached(w).isEmpty() && !untracedOnly(w))
        .toList();
  }

  private boolean untracedOnly(Var w) {
    return flow.uses(w).stream()
        .map(Flow.Use::eqn)
        .allMatch(
            e -> e.op() instanceof Elementwise(ElementwiseRow row) && row.equals(Rows.UNTRACED));
  }

  // Groups each product's uses by relabelling, together with the biases added directly to it.
  private List<List<Site>> bundles() {
    Map<Site, List<Site>> bundles = new LinkedHashMap<>();
    Map<Var, Site> bySignal = new HashMap<>();
    List<Site> sites = flow.sites().stream().filter(s -> teaches(s) || !isTaught(s)).toList();
    for (Site s : sites) {
      if (!(s instanceof Site.Direct)) {
        for (Site way : ways(s)) {
          bundles.put(way, new ArrayList<>(List.of(way)));
          bySignal.put(way.signal(), way);
        }
      }
    }
    for (Site s : sites) {
      if (s instanceof Site.Direct bias) {
        Site product = rides(bias, bySignal);
        bundles.computeIfAbsent(product, k -> new ArrayList<>()).add(bias);
      }
    }
    return List.copyOf(bundles.values());
  }

  /** True when the site contributes gradients; one that only feeds a predicate does not. */
  private boolean teaches(Site s) {
    return step.graph().outs().contains(s.signal())
        || flow.dataUses(s.signal()).stream()
            .filter(u -> !flow.isMoved(u))
            .anyMatch(u -> Flow.carried(u).stream().anyMatch(reach::reachesOut));
  }

  /** True when each of the site's weights has another site that contributes gradients. */
  private boolean isTaught(Site s) {
    return flow.weightsOf(s.weight()).stream()
        .allMatch(
            w ->
                flow.sites().stream()
                    .anyMatch(o -> teaches(o) && flow.weightsOf(o.weight()).contains(w)));
  }

  // A product whose relabelled result reaches hidden states is a site for each relabelling.
  private List<Site> ways(Site base) {
    List<Site> ways = new ArrayList<>();
    List<Flow.Use> uses = flow.dataUses(base.signal());
    for (Flow.Use use : uses) {
      relabelled(base, use)
          .filter(m -> !new PathAnalysis(reach, m.signal(), false).reached.isEmpty())
          .ifPresent(
              m -> {
                flow.setMoved(use);
                ways.add(m);
              });
    }
    boolean more = ways.isEmpty() || teaches(base);
    if (more) {
      ways.addFirst(base);
    }
    return ways;
  }

  private Optional<Site.Moved> relabelled(Site base, Flow.Use first) {
    if (base instanceof Site.Connected) {
      return Optional.empty(); // its positions have no axes of their own in a trace
    }
    List<Eqn> chain = new ArrayList<>();
    List<Relabelling.Step> steps = new ArrayList<>();
    List<Flow.Use> uses = List.of(first);
    while (uses.size() == 1 && uses.getFirst().index() == 0) {
      Eqn e = uses.getFirst().eqn();
      Optional<Relabelling.Step> step = Relabelling.step(flow, e);
      if (step.isEmpty()) {
        break;
      }
      chain.add(e);
      steps.add(step.get());
      uses = flow.dataUses(e.out());
    }
    return chain.isEmpty()
        ? Optional.empty()
        : Optional.of(new Site.Moved(base, chain, new Relabelling(steps)));
  }

  private Site rides(Site.Direct bias, Map<Var, Site> bySignal) {
    Eqn e = bias.eqn();
    if (flow.dataUses(bias.weight()).size() == 1
        && e.op() instanceof Elementwise(ElementwiseRow row)
        && row.equals(Rows.ADD)) {
      int other = e.in(0).equals(bias.weight()) ? 1 : 0;
      if (e.in(other) instanceof Var v && bySignal.containsKey(v)) {
        return bySignal.get(v);
      }
    }
    return bias;
  }

  private void decide(List<Site> bundle) {
    Site first = bundle.getFirst();
    PathAnalysis walk = new PathAnalysis(reach, first.signal(), false);
    List<String> weights = bundle.stream().flatMap(s -> names(s).stream()).distinct().toList();
    Subject what = new Subject(weights);
    String op = first.eqn().op().mnemonic();
    List<String> hidden = walk.reached.stream().map(s -> step.state(s).path()).toList();
    if (walk.reached.isEmpty()) {
      Kind why =
          !walk.blocked.isEmpty()
              ? Kind.RELATION_EXCLUDED_WEIGHT_TO_WEIGHT
              : !walk.mixing.isEmpty()
                  ? Kind.RELATION_EXCLUDED_SHAPE
                  : Kind.RELATION_EXCLUDED_NON_TEMPORAL;
      excluded.add(new Exclusion(weights, why, first.where()));
      diagnostics.add(
          new Diagnostic(
              why,
              weights,
              List.of(),
              op,
              first.where(),
              excludedText(why, what, walk, first.where()),
              fix(why, what)));
      return;
    }
    if (!walk.blocked.isEmpty() || !walk.mixing.isEmpty()) {
      Eqn e =
          walk.blocked.isEmpty() ? walk.mixing.iterator().next() : walk.blocked.iterator().next();
      diagnostics.add(
          new Diagnostic(
              Kind.RELATION_PARTIAL_PATH,
              weights,
              hidden,
              op,
              first.where(),
              what.with("reaches", "reach")
                  + " "
                  + String.join(", ", hidden)
                  + " directly and also through "
                  + Subject.op(e, first.where())
                  + ", a path without a trace, along which "
                  + what.learnWithin(),
              "learn that path by BPTT, or use the weight there with .untraced()"));
    }
    TreeSet<Integer> reachedGroups = new TreeSet<>();
    walk.reached.forEach(s -> reachedGroups.add(groupOf(s).index()));
    relations.add(
        new Relation(
            weights,
            op,
            List.copyOf(reachedGroups),
            hidden,
            !walk.blocked.isEmpty() || !walk.mixing.isEmpty(),
            first.where()));
    diagnostics.add(
        new Diagnostic(
            Kind.RELATION_INCLUDED,
            weights,
            hidden,
            op,
            first.where(),
            what.with("learns", "learn") + " through traces of " + String.join(", ", hidden),
            ""));
    for (Site s : bundle) {
      PathAnalysis own = s.equals(first) ? walk : new PathAnalysis(reach, s.signal(), false);
      own.rest |= comesBackWithinStep(s, own);
      traced.add(new Traced(s, own));
    }
  }

  /**
   * True when a state of the reached groups is also reached by a path that is not clean, even
   * through another state of its group, since a learning signal holds the group's other states
   * fixed.
   */
  private boolean comesBackWithinStep(Site s, PathAnalysis walk) {
    Paths from = Paths.from(flow, s.signal());
    return walk.reached.stream()
        .flatMap(r -> groupOf(r).states().stream())
        .anyMatch(r -> from.unclean(step.graph().outs().get(step.results() + r)).isPresent());
  }

  private static String excludedText(
      Kind why, Subject what, PathAnalysis walk, SourceLocation where) {
    return switch (why) {
      case RELATION_EXCLUDED_WEIGHT_TO_WEIGHT ->
          what.with("reaches", "reach")
              + " a hidden state only through another weight ("
              + Subject.op(walk.blocked.iterator().next(), where)
              + "), so "
              + what.learnWithin();
      case RELATION_EXCLUDED_SHAPE ->
          what.with("reaches", "reach")
              + " a hidden state only through "
              + Subject.op(walk.mixing.iterator().next(), where)
              + ", which mixes positions, so "
              + what.learnWithin();
      case RELATION_EXCLUDED_NON_TEMPORAL ->
          what.with("reaches", "reach")
              + " no hidden state, so "
              + what.learnWithin()
              + ", which is exact for a readout";
      case HIDDEN_GROUP_MERGED,
          RELATION_INCLUDED,
          RELATION_PARTIAL_PATH,
          RELATION_EXCLUDED_UNTRACED,
          RECURRENCE_NOT_ELEMENTWISE,
          STATE_NOT_FOLLOWED,
          SNAP_PATTERN_CONSERVATIVE ->
          throw new IllegalArgumentException(why + " keeps no weight from its trace");
    };
  }

  private static String fix(Kind why, Subject what) {
    String accept = ", or accept that with .untraced()";
    return switch (why) {
      case RELATION_EXCLUDED_WEIGHT_TO_WEIGHT ->
          "use BPTT, let "
              + what.verb("its", "their")
              + " output flow directly into a hidden state"
              + accept;
      case RELATION_EXCLUDED_SHAPE ->
          "use one weight for each state instead of moving "
              + what.verb("its", "their")
              + " output"
              + accept;
      case RELATION_EXCLUDED_NON_TEMPORAL ->
          "accept that with .untraced(), or let "
              + what.verb("its", "their")
              + " output flow into a hidden state";
      case HIDDEN_GROUP_MERGED,
          RELATION_INCLUDED,
          RELATION_PARTIAL_PATH,
          RELATION_EXCLUDED_UNTRACED,
          RECURRENCE_NOT_ELEMENTWISE,
          STATE_NOT_FOLLOWED,
          SNAP_PATTERN_CONSERVATIVE ->
          throw new IllegalArgumentException(why + " keeps no weight from its trace");
    };
  }

  private void untraced() {
    for (Eqn e : step.graph().eqns()) {
      if (e.op() instanceof Elementwise(ElementwiseRow row)
          && row.equals(Rows.UNTRACED)
          && flow.isPure(e.in(0))) {
        List<String> weights = flow.weightsOf(e.in(0)).stream().map(paths::get).toList();
        excluded.add(new Exclusion(weights, Kind.RELATION_EXCLUDED_UNTRACED, e.where()));
        diagnostics.add(
            new Diagnostic(
                Kind.RELATION_EXCLUDED_UNTRACED,
                weights,
                List.of(),
                "untraced",
                e.where(),
                new Subject(weights).with("is", "are")
                    + " used untraced here, so "
                    + new Subject(weights).learnWithin(),
                ""));
      }
    }
  }

  private List<String> names(Site s) {
    return flow.weightsOf(s.weight()).stream().map(paths::get).toList();
  }

  HiddenGroup groupOf(int s) {
    return groupsOf.get(s);
  }
}
