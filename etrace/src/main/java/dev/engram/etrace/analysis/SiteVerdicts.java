package dev.engram.etrace.analysis;

import dev.engram.etrace.Exactness.Argument;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.HiddenGroup;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.ModelStep;
import dev.engram.etrace.Omission;
import dev.engram.etrace.Omission.Kind;
import dev.engram.etrace.Recursion;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Schedule;
import dev.engram.etrace.Scope;
import dev.engram.etrace.traces.Dynamics;
import dev.engram.ir.Eqn;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Finds what a rule's traces leave out of the influence of one site.
 *
 * <p>Traces follow the site's signal along clean paths to the states S of one group, and from then
 * on the old states of S to the new ones: along clean paths (scope diagonal), or along all paths
 * from each position to itself (coupled) or to those within n steps (SnAp-n). The learning signal
 * includes all paths from the new values of S to a step's results. Every other path is left out:
 * from the signal to a hidden state, from an old state of S to a hidden state, and from an old
 * state of S to a result bypassing the new ones.
 */
public final class SiteVerdicts {
  /** The contribution of one site to the verdict on its weights. */
  record Of(Set<Argument> arguments, Set<Omission> omissions) {}

  private final SiteMap map;
  private final Rule rule;
  private final Map<HiddenGroup, Pattern> patterns = new HashMap<>();
  private final ModelStep step;
  private final Flow flow;

  /** The states whose traces each site has. */
  private final Map<Site, Set<Integer>> followed = new HashMap<>();

  private final Map<Site, Of> found = new HashMap<>();
  private final Map<Integer, Paths> fromOld = new HashMap<>();

  SiteVerdicts(SiteMap map, Rule rule, Map<Integer, Pattern> patterns) {
    this.map = map;
    this.rule = rule;
    step = map.step;
    flow = map.analysis.flow;
    patterns.forEach((g, p) -> this.patterns.put(map.analysis.groups.get(g), p));
    if (rule.followsSites()) {
      for (SiteMap.Slot s : map.slots(Dynamics.of(map, rule))) {
        followed
            .computeIfAbsent(map.sites.get(s.site()).site(), _ -> new TreeSet<>())
            .add(s.state());
      }
    }
  }

  Of of(Site site) {
    return found.computeIfAbsent(site, this::decide);
  }

  private Of decide(Site site) {
    Of v = new Of(new LinkedHashSet<>(), new LinkedHashSet<>());
    Set<Integer> states = followed.getOrDefault(site, Set.of());
    Paths from = Paths.from(flow, site.signal());
    if (step.hidden().stream().noneMatch(s -> from.reaches(map.newState(s)))) {
      v.arguments.add(Argument.ENDS_WITH_STEP);
      return v;
    }
    v.omissions.addAll(ofSignal(from, states));
    v.omissions.addAll(ofTime(states));
    v.omissions.addAll(ofRule(states));
    v.arguments.add(argument(states));
    return v;
  }

  /** Returns the omitted paths within the step to hidden states. */
  private Set<Omission> ofSignal(Paths from, Set<Integer> states) {
    Map<Eqn, Set<Integer>> second = new LinkedHashMap<>();
    Map<Eqn, Set<Integer>> other = new LinkedHashMap<>();
    for (int s : step.hidden()) {
      Optional<Eqn> e = from.unclean(map.newState(s));
      if (e.isPresent()) {
        boolean own = states.stream().anyMatch(r -> map.group(r).equals(map.group(s)));
        (own ? second : other).computeIfAbsent(e.get(), _ -> new TreeSet<>()).add(s);
      }
    }
    Set<Omission> out = new LinkedHashSet<>();
    second.forEach((e, s) -> out.add(at(Kind.SECOND_PATH, s, e)));
    Kind far = states.isEmpty() ? Kind.NO_TRACE : Kind.OTHER_MEMORY;
    other.forEach((e, s) -> out.add(at(far, s, e)));
    return out;
  }

  /** Returns the omitted paths from old states. */
  private Set<Omission> ofTime(Set<Integer> states) {
    if (rule.signal() instanceof LearningSignal.Bootstrapped) {
      return Set.of(); // its omission is that of the rule
    }
    return switch (rule.recursion()) {
      case Recursion.None _ -> ofNoJacobian(states, Kind.NO_RECURSION);
      case Recursion.Leak(double decay) ->
          decay == 0 ? ofNoJacobian(states, Kind.NO_RECURSION) : omission(Kind.LEAK, states);
      case Recursion.Jacobian _ -> ofJacobian(states);
    };
  }

  private Set<Omission> omission(Kind kind, Set<Integer> states) {
    return states.isEmpty() ? Set.of() : Set.of(Omission.of(kind, Verdicts.pathsOf(step, states)));
  }

  private Set<Omission> ofNoJacobian(Set<Integer> states, Kind kind) {
    Set<Integer> remembered = new TreeSet<>();
    states.stream().filter(this::isRemembered).forEach(remembered::add);
    return omission(kind, remembered);
  }

  /** True when a result or new state has a derivative with respect to the old state. */
  private boolean isRemembered(int r) {
    return step.graph().outs().stream().anyMatch(old(r)::reaches);
  }

  private Paths old(int r) {
    return fromOld.computeIfAbsent(r, _ -> Paths.from(flow, map.oldState(r)));
  }

  private Set<Omission> ofJacobian(Set<Integer> states) {
    Map<Eqn, Set<Integer>> back = new LinkedHashMap<>();
    Map<Eqn, Set<Integer>> other = new LinkedHashMap<>();
    Set<Omission> out = new LinkedHashSet<>();
    for (int r : states) {
      for (int s : step.hidden()) {
        Optional<Eqn> e = old(r).unclean(map.newState(s));
        if (e.isPresent()) {
          boolean own = map.group(r).equals(map.group(s));
          (own ? back : other).computeIfAbsent(e.get(), _ -> new TreeSet<>()).add(own ? r : s);
        }
      }
    }
    if (rule.scope() instanceof Scope.Diagonal) {
      back.forEach((e, r) -> out.add(at(Kind.RECURRENCE, r, e)));
    } else {
      out.addAll(ofPattern(states));
    }
    other.forEach((e, s) -> out.add(at(Kind.OTHER_MEMORY, s, e)));
    if (rule.schedule() instanceof Schedule.PerStep) {
      out.addAll(ofOldReads(states));
    }
    return out;
  }

  /**
   * Returns the omissions between positions that reach each other, but not within the steps of the
   * scope.
   */
  private Set<Omission> ofPattern(Set<Integer> states) {
    Set<Omission> out = new LinkedHashSet<>();
    groups(states)
        .filter(g -> !pattern(g).closed() && !pattern(only(g, states)).closed())
        .forEach(
            g ->
                out.add(
                    Omission.of(
                        rule.scope() instanceof Scope.Snap ? Kind.DISTANCE : Kind.POSITIONS,
                        g.paths())));
    return out;
  }

  /** Returns the group without the states that the site does not act on. */
  private static HiddenGroup only(HiddenGroup g, Set<Integer> states) {
    List<Integer> kept = g.states().stream().filter(states::contains).toList();
    return new HiddenGroup(g.index(), kept, g.paths());
  }

  private Stream<HiddenGroup> groups(Set<Integer> states) {
    return states.stream().map(map::group).distinct();
  }

  private Pattern pattern(HiddenGroup g) {
    int n = rule.scope() instanceof Scope.Snap(int steps) ? steps : 1;
    return patterns.computeIfAbsent(g, _ -> Pattern.within(map, g, n));
  }

  /**
   * Returns the omissions for results, and states passed on unchanged, that depend on an old state
   * bypassing the new ones.
   */
  private Set<Omission> ofOldReads(Set<Integer> states) {
    Set<Omission> out = new LinkedHashSet<>();
    for (int r : states) {
      oldRead(map, r, map.group(r).states())
          .ifPresent(
              e ->
                  out.add(
                      e.isEmpty()
                          ? Omission.of(Kind.BEFORE_STEP, List.of(step.state(r).path()))
                          : at(Kind.BEFORE_STEP, Set.of(r), e.getFirst())));
    }
    return out;
  }

  /**
   * Returns the last op on a path from an old state to a result that bypasses the new values of
   * {@code states}; no op if the old value itself is the result, and empty if there is no such
   * path.
   */
  public static Optional<List<Eqn>> oldRead(SiteMap map, int r, List<Integer> states) {
    Set<Value> cut = new HashSet<>();
    for (int s : states) {
      if (map.newState(s) instanceof Var v && map.analysis.flow.definition(v) != null) {
        cut.add(v);
      }
    }
    Map<Value, Eqn> around = Paths.around(map.analysis.flow, map.oldState(r), cut);
    for (Value out : seen(map.step)) {
      if (out.equals(map.oldState(r))) {
        return Optional.of(List.of());
      }
      if (around.containsKey(out)) {
        return Optional.of(List.of(around.get(out)));
      }
    }
    return Optional.empty();
  }

  // The results, and the new values of hidden states.
  private static List<Value> seen(ModelStep step) {
    List<Value> out = new ArrayList<>(step.graph().outs().subList(0, step.results()));
    step.hidden().forEach(s -> out.add(step.graph().outs().get(step.results() + s)));
    return out;
  }

  /** Returns what the rule replaces, for a weight that acts on {@code states} through traces. */
  Set<Omission> ofRule(Set<Integer> states) {
    Set<Omission> out = new LinkedHashSet<>();
    if (rule.signal() instanceof LearningSignal.Bootstrapped) {
      out.add(Omission.of(Kind.PREDICTION, List.of()));
    }
    if (states.isEmpty()) {
      return out;
    }
    switch (rule.signal()) {
      case LearningSignal.RandomFeedback _ -> out.add(Omission.of(Kind.FEEDBACK, List.of()));
      case LearningSignal.Modulatory _ -> out.add(Omission.of(Kind.MODULATOR, List.of()));
      case LearningSignal.Custom own -> out.add(Omission.ofOwn(Kind.SIGNAL, own.name()));
      case LearningSignal.Symmetric _, LearningSignal.Bootstrapped _ -> {}
    }
    switch (rule.factorization()) {
      case Factorization.InputOutput _ -> out.add(Omission.of(Kind.FACTORIZATION, List.of()));
      case Factorization.RandomProjection _ -> out.add(Omission.of(Kind.PROJECTION, List.of()));
      case Factorization.OuterProducts own -> out.add(Omission.ofOwn(Kind.PRODUCTS, own.name()));
      case Factorization.PerWeight _ -> {}
    }
    if (rule.filters()) {
      out.add(Omission.of(Kind.FILTER, List.of()));
    }
    return out;
  }

  private Argument argument(Set<Integer> states) {
    if (states.stream().noneMatch(this::isRemembered)) {
      return Argument.NOT_REMEMBERED;
    }
    boolean wide =
        rule.scope() instanceof Scope.Snap
            && !groups(states).allMatch(g -> pattern(g).isOwnPositions());
    return wide ? Argument.SATURATED : Argument.DIAGONAL;
  }

  private Omission at(Kind kind, Set<Integer> states, Eqn e) {
    return new Omission(kind, Verdicts.pathsOf(step, states), e.op().mnemonic(), e.where());
  }
}
