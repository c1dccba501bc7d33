package dev.engram.etrace.analysis;

import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Diagnostic.Kind;
import dev.engram.etrace.ModelStep;
import dev.engram.ir.Eqn;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Finds states that are not hidden, receive values computed with weights or hidden states, and pass
 * them on in a later step. No rule follows a derivative through them.
 */
final class UntracedStates {
  private final ModelStep step;
  private final Map<Value, Eqn> definitions = new HashMap<>();

  private UntracedStates(ModelStep step) {
    this.step = step;
    step.graph().eqns().forEach(e -> e.outputs().forEach(v -> definitions.put(v, e)));
  }

  static List<Diagnostic> of(ModelStep step) {
    UntracedStates u = new UntracedStates(step);
    List<Diagnostic> found = new ArrayList<>();
    for (int s : u.handingOn()) {
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
    return new Diagnostic(
        Kind.STATE_NOT_FOLLOWED,
        List.of(),
        List.of(p.path()),
        "",
        SourceLocation.UNKNOWN,
        "the state "
            + p.path()
            + " takes what "
            + new Subject(sources).with("gives", "give")
            + " and hands it on in later steps, but is no hidden state: no derivative goes"
            + " through it",
        "make it a hidden state, or say so with stopGradient() on what it takes");
  }

  /**
   * Returns the positions in {@link ModelStep#states} of the float states that are not hidden and
   * whose old value reaches a result or a hidden state, in this step or later through other such
   * states.
   */
  static Set<Integer> handingOn(ModelStep step) {
    return new UntracedStates(step).handingOn();
  }

  private Set<Integer> handingOn() {
    List<Value> outs = step.graph().outs();
    List<Value> wanted = new ArrayList<>(outs.subList(0, step.results()));
    step.hidden().forEach(h -> wanted.add(outs.get(step.results() + h)));
    Map<Value, Integer> others = new HashMap<>();
    Set<Integer> hidden = Set.copyOf(step.hidden());
    for (int s = 0; s < step.states().size(); s++) {
      if (step.state(s).type().dtype().isFloat() && !hidden.contains(s)) {
        others.put(step.state(s).var(), s);
      }
    }
    Set<Integer> found = new TreeSet<>();
    inFrontOf(
        wanted,
        v -> {
          Integer s = others.get(v);
          if (s == null) {
            return List.of();
          }
          found.add(s);
          return List.of(outs.get(step.results() + s));
        });
    return found;
  }

  /**
   * Visits {@code ends}, everything with respect to which they have a derivative, and the same for
   * what a visit adds, each value once.
   */
  private void inFrontOf(List<Value> ends, Function<Value, List<Value>> visit) {
    Set<Value> seen = new HashSet<>(ends);
    Deque<Value> waiting = new ArrayDeque<>(seen);
    while (!waiting.isEmpty()) {
      Value v = waiting.remove();
      List<Value> more = new ArrayList<>(visit.apply(v));
      Eqn e = definitions.get(v);
      for (int i = 0; e != null && i < e.inputs().size(); i++) {
        if (Flow.carried(new Flow.Use(e, i)).contains(v)) {
          more.add(e.in(i));
        }
      }
      more.stream().filter(seen::add).forEach(waiting::add);
    }
  }

  /**
   * Returns the paths of the weights and hidden states with respect to which a value has a
   * derivative.
   */
  private List<String> sources(Value value) {
    Set<Value> behind = new HashSet<>();
    inFrontOf(
        List.of(value),
        v -> {
          behind.add(v);
          return List.of();
        });
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
