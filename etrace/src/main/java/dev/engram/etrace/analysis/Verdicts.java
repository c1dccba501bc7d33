package dev.engram.etrace.analysis;

import dev.engram.etrace.Exactness;
import dev.engram.etrace.Exactness.Argument;
import dev.engram.etrace.ModelStep;
import dev.engram.etrace.Omission;
import dev.engram.etrace.Omission.Kind;
import dev.engram.etrace.Rule;
import dev.engram.ir.Eqn;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Decides which weights' gradients are exact under a rule, and what the others leave out.
 *
 * <p>With G the influence of a weight on the hidden states, and fixed parameters,
 *
 * <pre>
 *   dℓ[t]/dw = ∂ℓ[t]/∂w + ∂ℓ[t]/∂h[t-1] · G[t-1]
 * </pre>
 *
 * <p>Every rule includes all of the first term, this step's own paths. The traces include all of
 * the second term if they follow each path from the site's signal to a hidden state, and each path
 * from there through later steps to a loss. So a gradient is exact when each existing path is
 * followed, which {@link SiteVerdicts} decides for each of the weight's sites.
 */
public final class Verdicts {
  private final SiteMap map;
  private final Rule rule;
  private final ModelStep step;
  private final Flow flow;
  private final SiteVerdicts sites;
  private final List<Eqn> untraced;
  private final Set<Value> outs;
  private final Set<Var> temporal;

  /** The hidden states whose new value a value is. */
  private final Map<Value, List<Integer>> hidden = new HashMap<>();

  /** The states that pass on derivatives without being hidden, whose new value a value is. */
  private final Map<Value, List<Integer>> handingOn = new HashMap<>();

  /** The sites of a weight, or of values computed from it. */
  private final Map<Value, List<Integer>> sitesOf = new HashMap<>();

  private final Map<Var, Set<Value>> within = new HashMap<>();
  private final Map<Var, List<Integer>> statesOfUntraced = new HashMap<>();

  private Verdicts(SiteMap map, Rule rule, Map<Integer, Pattern> patterns) {
    this.map = map;
    this.rule = rule;
    step = map.step;
    flow = map.analysis.flow;
    sites = new SiteVerdicts(map, rule, patterns);
    untraced = untraced();
    temporal = rule.followsSites() ? Set.of() : Set.copyOf(map.analysis.temporalWeights());
    outs = Set.copyOf(step.graph().outs());
    for (int s : step.hidden()) {
      hidden.computeIfAbsent(map.newState(s), _ -> new ArrayList<>()).add(s);
    }
    for (int o : UntracedStates.handingOn(step)) {
      handingOn.computeIfAbsent(map.newState(o), _ -> new ArrayList<>()).add(o);
    }
    for (int k = 0; k < map.analysis.sites.size(); k++) {
      Value weight = map.analysis.sites.get(k).weight();
      sitesOf.computeIfAbsent(weight, _ -> new ArrayList<>()).add(k);
    }
  }

  /** Returns the verdicts in the order of the step's parameters. */
  public static List<Exactness> of(SiteMap map, Rule rule, Map<Integer, Pattern> patterns) {
    Verdicts v = new Verdicts(map, rule, patterns);
    return v.step.graph().params().stream()
        .filter(p -> p.role() == Role.WEIGHT && p.type().dtype().isFloat())
        .map(v::of)
        .toList();
  }

  private Exactness of(Param p) {
    Set<Value> reached = within(p.var());
    Set<Integer> states = everReached(reached);
    Set<Omission> omissions = new LinkedHashSet<>();
    Set<Argument> arguments = new LinkedHashSet<>();
    List<String> late = pathsOf(step, handedOn(reached, states));
    if (!late.isEmpty()) {
      omissions.add(Omission.of(Kind.NOT_HIDDEN, late));
    }
    if (reached.stream().noneMatch(outs::contains)) {
      arguments.add(Argument.NO_DERIVATIVE);
    } else if (states.isEmpty()) {
      arguments.add(Argument.ENDS_WITH_STEP);
    } else if (rule.followsSites()) {
      placed(reached, arguments, omissions);
    } else if (temporal.contains(p.var())) {
      arguments.add(Argument.FULL);
      omissions.addAll(sites.ofRule(states));
    } else {
      untraced(reached, arguments, omissions);
    }
    if (arguments.isEmpty() && omissions.isEmpty()) {
      omissions.add(Omission.of(Kind.NO_TRACE, pathsOf(step, states)));
    }
    return omissions.isEmpty()
        ? new Exactness.Exact(p.path(), List.copyOf(arguments))
        : new Exactness.Approximate(p.path(), List.copyOf(omissions));
  }

  /** Returns the hidden states that the weight acts on, now or later. */
  private Set<Integer> everReached(Set<Value> reached) {
    Set<Integer> states = new TreeSet<>();
    reached.forEach(v -> states.addAll(hidden.getOrDefault(v, List.of())));
    Deque<Integer> waiting = new ArrayDeque<>(states);
    while (!waiting.isEmpty()) {
      map.analysis.dependents(waiting.remove()).stream().filter(states::add).forEach(waiting::add);
    }
    return states;
  }

  /** Returns the states that are not hidden, pass on derivatives, and receive one of the weight. */
  private Set<Integer> handedOn(Set<Value> reached, Set<Integer> states) {
    if (handingOn.isEmpty()) {
      return Set.of();
    }
    Set<Integer> found = new TreeSet<>();
    reached.forEach(v -> found.addAll(handingOn.getOrDefault(v, List.of())));
    for (int r : states) {
      within(map.oldState(r)).forEach(v -> found.addAll(handingOn.getOrDefault(v, List.of())));
    }
    return found;
  }

  /** Returns {@code v} and everything in this step that has a derivative with respect to it. */
  private Set<Value> within(Var v) {
    return within.computeIfAbsent(
        v,
        _ -> {
          Set<Value> reached = new LinkedHashSet<>(Set.of(v));
          reached.addAll(Paths.around(flow, v, Set.of()).keySet());
          return reached;
        });
  }

  /** Decides by the sites of the weight and of values computed from it. */
  private void placed(Set<Value> reached, Set<Argument> arguments, Set<Omission> omissions) {
    Set<Integer> meeting = new TreeSet<>();
    reached.forEach(v -> meeting.addAll(sitesOf.getOrDefault(v, List.of())));
    for (int k : meeting) {
      SiteVerdicts.Of v = sites.of(map.analysis.sites.get(k));
      arguments.addAll(v.arguments());
      omissions.addAll(v.omissions());
    }
    untraced(reached, arguments, omissions);
    Set<Integer> kept = new TreeSet<>();
    reached.stream()
        .filter(flow::isPure)
        .forEach(v -> kept.addAll(hidden.getOrDefault(v, List.of())));
    if (!kept.isEmpty()) {
      omissions.add(Omission.of(Kind.KEPT_WEIGHT, pathsOf(step, kept)));
    }
  }

  private void untraced(Set<Value> reached, Set<Argument> arguments, Set<Omission> omissions) {
    for (Eqn e : untraced) {
      if (reached.contains(e.in(0))) {
        List<Integer> states =
            statesOfUntraced.computeIfAbsent(
                e.out(),
                out -> {
                  Paths from = Paths.from(flow, out);
                  return step.hidden().stream().filter(s -> from.reaches(map.newState(s))).toList();
                });
        if (states.isEmpty()) {
          arguments.add(Argument.ENDS_WITH_STEP);
        } else {
          omissions.add(new Omission(Kind.UNTRACED, pathsOf(step, states), "untraced", e.where()));
        }
      }
    }
  }

  /** Returns the uses of weights that are marked as untraced. */
  private List<Eqn> untraced() {
    return step.graph().eqns().stream()
        .filter(
            e ->
                e.op() instanceof Elementwise(ElementwiseRow row)
                    && row.equals(Rows.UNTRACED)
                    && flow.isPure(e.in(0)))
        .toList();
  }

  static List<String> pathsOf(ModelStep step, Iterable<Integer> states) {
    List<String> paths = new ArrayList<>();
    states.forEach(s -> paths.add(step.state(s).path()));
    return paths;
  }
}
