package dev.engram.etrace;

import dev.engram.etrace.Exactness.Argument;
import dev.engram.etrace.Omission.Kind;
import dev.engram.ir.Elementwise;
import dev.engram.ir.ElementwiseRow;
import dev.engram.ir.Eqn;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Rows;
import dev.engram.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which weights' gradients are exact under a rule, and what the others leave out.
 *
 * <p>With G the influence of a weight on the hidden states, and parameters frozen,
 *
 * <pre>
 *   dℓ[t]/dw = ∂ℓ[t]/∂w + ∂ℓ[t]/∂h[t-1] · G[t-1]
 * </pre>
 *
 * <p>The first term, of this step's own paths, every rule has whole. The second is that of the
 * traces when each path from the site's signal to a hidden state, and each path from there through
 * later steps to a loss, is one that the traces follow. So a gradient is exact when each path that
 * is there is followed; {@link SiteVerdicts} asks that of each place where the weight meets data.
 */
final class Verdicts {
  private final SiteMap map;
  private final Rule rule;
  private final ModelStep step;
  private final Flow flow;
  private final Set<Integer> handingOn;
  private final SiteVerdicts sites;

  private Verdicts(SiteMap map, Rule rule, Map<Integer, Pattern> patterns) {
    this.map = map;
    this.rule = rule;
    step = map.step;
    flow = map.analysis.flow;
    handingOn = Unfollowed.handingOn(step);
    sites = new SiteVerdicts(map, rule, patterns);
  }

  /** In the order of the step's parameters. */
  static List<Exactness> of(SiteMap map, Rule rule, Map<Integer, Pattern> patterns) {
    Verdicts v = new Verdicts(map, rule, patterns);
    return v.step.graph().params().stream()
        .filter(p -> p.role() == Role.WEIGHT && p.type().dtype().isFloat())
        .map(v::of)
        .toList();
  }

  private Exactness of(Param p) {
    Set<Value> reached = new LinkedHashSet<>(Set.of(p.var()));
    reached.addAll(Paths.around(flow, p.var(), Set.of()).keySet());
    Set<Integer> states = everReached(reached);
    Set<Omission> omissions = new LinkedHashSet<>();
    Set<Argument> arguments = new LinkedHashSet<>();
    List<String> late = pathsOf(step, handedOn(reached, states));
    if (!late.isEmpty()) {
      omissions.add(Omission.of(Kind.NOT_HIDDEN, late));
    }
    if (step.graph().outs().stream().noneMatch(reached::contains)) {
      arguments.add(Argument.NO_DERIVATIVE);
    } else if (states.isEmpty()) {
      arguments.add(Argument.ENDS_WITH_STEP);
    } else if (rule.followsSites()) {
      placed(reached, arguments, omissions);
    } else if (map.analysis.temporalWeights().contains(p.var())) {
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

  /** The hidden states that the weight acts on, now or later. */
  private Set<Integer> everReached(Set<Value> reached) {
    Set<Integer> states = new TreeSet<>();
    step.hidden().stream().filter(s -> reached.contains(map.newState(s))).forEach(states::add);
    for (List<Integer> now = List.of(); now.size() < states.size(); ) {
      now = List.copyOf(states);
      for (int r : now) {
        step.hidden().stream().filter(s -> map.analysis.depends(s, r)).forEach(states::add);
      }
    }
    return states;
  }

  /** The states that are not hidden, hand on what they get, and get something of the weight's. */
  private Set<Integer> handedOn(Set<Value> reached, Set<Integer> states) {
    Set<Integer> found = new TreeSet<>();
    Map<Integer, Map<Value, Eqn>> from = new HashMap<>();
    states.forEach(r -> from.put(r, Paths.around(flow, map.oldState(r), Set.of())));
    for (int o : handingOn) {
      Value fresh = map.newState(o);
      boolean later =
          states.stream()
              .anyMatch(r -> from.get(r).containsKey(fresh) || map.oldState(r).equals(fresh));
      if (reached.contains(fresh) || later) {
        found.add(o);
      }
    }
    return found;
  }

  /** By the places where the weight, or what is made of it, meets data. */
  private void placed(Set<Value> reached, Set<Argument> arguments, Set<Omission> omissions) {
    for (Site site : map.analysis.sites) {
      if (reached.contains(site.weight())) {
        SiteVerdicts.Of v = sites.of(site);
        arguments.addAll(v.arguments());
        omissions.addAll(v.omissions());
      }
    }
    untraced(reached, arguments, omissions);
    List<Integer> kept =
        step.hidden().stream()
            .filter(s -> flow.isPure(map.newState(s)) && reached.contains(map.newState(s)))
            .toList();
    if (!kept.isEmpty()) {
      omissions.add(Omission.of(Kind.KEPT_WEIGHT, pathsOf(step, kept)));
    }
  }

  private void untraced(Set<Value> reached, Set<Argument> arguments, Set<Omission> omissions) {
    for (Eqn e : step.graph().eqns()) {
      if (e.op() instanceof Elementwise(ElementwiseRow row)
          && row.equals(Rows.UNTRACED)
          && flow.isPure(e.in(0))
          && reached.contains(e.in(0))) {
        Paths from = Paths.from(flow, e.out());
        List<Integer> states =
            step.hidden().stream().filter(s -> from.reaches(map.newState(s))).toList();
        if (states.isEmpty()) {
          arguments.add(Argument.ENDS_WITH_STEP);
        } else {
          omissions.add(new Omission(Kind.UNTRACED, pathsOf(step, states), "untraced", e.where()));
        }
      }
    }
  }

  static List<String> pathsOf(ModelStep step, Iterable<Integer> states) {
    List<String> paths = new ArrayList<>();
    states.forEach(s -> paths.add(step.state(s).path()));
    return paths;
  }
}
