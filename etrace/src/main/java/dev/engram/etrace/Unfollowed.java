package dev.engram.etrace;

import dev.engram.etrace.Diagnostic.Kind;
import dev.engram.ir.Eqn;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.Where;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * States that are no hidden states, take what weights or hidden states give, and hand it on in a
 * later step. No rule follows a derivative through them.
 */
final class Unfollowed {
  private final ModelStep step;

  private Unfollowed(ModelStep step) {
    this.step = step;
  }

  static List<Diagnostic> of(ModelStep step) {
    Unfollowed u = new Unfollowed(step);
    List<Diagnostic> found = new ArrayList<>();
    for (int s : handingOn(step)) {
      Param p = step.state(s);
      if (p.role() == Role.STATE) {
        List<String> sources = u.sources(step.graph().outs().get(step.results() + s));
        if (!sources.isEmpty()) {
          found.add(diagnostic(p, sources));
        }
      }
    }
    return found;
  }

  private static Diagnostic diagnostic(Param p, List<String> sources) {
    String from = String.join(", ", sources);
    return new Diagnostic(
        Kind.STATE_NOT_FOLLOWED,
        List.of(),
        List.of(p.path()),
        "",
        Where.UNKNOWN,
        "the state "
            + p.path()
            + " takes what "
            + from
            + " give and hands it on in later steps, but is no hidden state: no derivative goes"
            + " through it; make it a hidden state, or say so with stopGradient() on what it"
            + " takes");
  }

  /**
   * Positions in {@link ModelStep#states} of the float states that are no hidden states and whose
   * old value reaches a result or a hidden state, in this step or through other such states later.
   */
  static Set<Integer> handingOn(ModelStep step) {
    List<Value> outs = step.graph().outs();
    Set<Value> wanted = new HashSet<>(outs.subList(0, step.results()));
    step.hidden().forEach(h -> wanted.add(outs.get(step.results() + h)));
    List<Integer> others = new ArrayList<>();
    for (int s = 0; s < step.states().size(); s++) {
      if (step.state(s).type().dtype().isFloat() && !step.hidden().contains(s)) {
        others.add(s);
      }
    }
    Set<Integer> found = new TreeSet<>();
    for (boolean grown = true; grown; ) {
      grown = false;
      for (int s : others) {
        if (!found.contains(s) && reaches(step, step.state(s).var(), wanted)) {
          wanted.add(outs.get(step.results() + s));
          grown = found.add(s);
        }
      }
    }
    return found;
  }

  private static boolean reaches(ModelStep step, Var old, Set<Value> wanted) {
    Set<Value> reached = new HashSet<>(Set.of(old));
    for (Eqn e : step.graph().eqns()) {
      for (int i = 0; i < e.inputs().size(); i++) {
        if (reached.contains(e.in(i))) {
          reached.addAll(Flow.carried(new Flow.Use(e, i)));
        }
      }
    }
    return wanted.stream().anyMatch(reached::contains);
  }

  /** Paths of the weights and hidden states that a value has a derivative in. */
  private List<String> sources(Value value) {
    Set<Value> behind = new HashSet<>(Set.of(value));
    for (Eqn e : step.graph().eqns().reversed()) {
      for (int i = 0; i < e.inputs().size(); i++) {
        if (Flow.carried(new Flow.Use(e, i)).stream().anyMatch(behind::contains)) {
          behind.add(e.in(i));
        }
      }
    }
    Set<String> paths = new LinkedHashSet<>();
    for (Param p : step.graph().params()) {
      boolean follows = p.role() == Role.WEIGHT || p.role() == Role.HIDDEN;
      if (follows && p.type().dtype().isFloat() && behind.contains(p.var())) {
        paths.add(p.path());
      }
    }
    return List.copyOf(paths);
  }
}
