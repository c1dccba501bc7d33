package dev.engram.etrace.analysis;

import dev.engram.etrace.ModelStep;
import dev.engram.ir.Eqn;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.dataflow.Reachability;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where a value goes within the step, along paths that carry a derivative.
 *
 * <p>A path is clean while it crosses no contraction with a weight and no op that moves or mixes
 * positions. What follows a hidden state reached cleanly belongs to that state's learning signal.
 */
public final class PathAnalysis {
  /** Hidden states reached cleanly, nearest first: positions in {@link ModelStep#states}. */
  final Set<Integer> reached = new LinkedHashSet<>();

  /** Contractions with another weight in the way to a hidden state. */
  final Set<Eqn> blocked = new LinkedHashSet<>();

  /** Ops that move or mix positions in the way to a hidden state. */
  final Set<Eqn> mixing = new LinkedHashSet<>();

  /**
   * True when some path reaches a result or new state that no hidden state reached cleanly covers.
   */
  public boolean rest;

  /**
   * A point of the walk.
   *
   * @param covered true when a hidden state has been reached cleanly before
   * @param mixed the first op on the way that moved or mixed positions; the path is clean without
   *     one
   */
  private record At(Var var, boolean covered, Optional<Eqn> mixed) {}

  /** What every walk of one step needs to know. */
  static final class Reach {
    final Flow flow;
    final Map<Var, List<Integer>> hiddenOuts = new HashMap<>();
    final Set<Var> results = new HashSet<>();
    private final Set<Value> toHidden;
    private final Set<Value> toOut;

    Reach(ModelStep step, Flow flow) {
      this.flow = flow;
      List<Value> outs = step.graph().outs();
      List<Integer> hidden = step.hidden();
      Set<Var> floats = new HashSet<>();
      for (int i = 0; i < outs.size(); i++) {
        if (!(outs.get(i) instanceof Var v) || !v.type().dtype().isFloat()) {
          continue;
        }
        floats.add(v);
        int state = i - step.results();
        if (state >= 0 && hidden.contains(state)) {
          hiddenOuts.computeIfAbsent(v, k -> new java.util.ArrayList<>()).add(state);
        } else {
          results.add(v);
        }
      }
      List<Eqn> eqns = step.graph().eqns();
      toHidden = Reachability.backward(eqns, hiddenOuts.keySet(), Flow::carrying);
      toOut = Reachability.backward(eqns, floats, Flow::carrying);
    }

    boolean reachesHidden(Var v) {
      return toHidden.contains(v);
    }

    boolean reachesOut(Var v) {
      return toOut.contains(v);
    }
  }

  /**
   * @param start a value; its uses together with data are followed
   * @param covered true when {@code start} is itself a hidden state's new value
   */
  PathAnalysis(Reach map, Var start, boolean covered) {
    Deque<At> todo = new ArrayDeque<>();
    Set<At> seen = new HashSet<>();
    todo.add(new At(start, covered, Optional.empty()));
    while (!todo.isEmpty()) {
      At at = todo.poll();
      if (seen.add(at)) {
        visit(map, at, todo);
      }
    }
  }

  private void visit(Reach map, At at, Deque<At> todo) {
    List<Integer> states = map.hiddenOuts.getOrDefault(at.var, List.of());
    if (at.mixed.isPresent()) {
      if (!states.isEmpty()) {
        mixing.add(at.mixed.get());
      }
    } else {
      reached.addAll(states);
    }
    boolean now = at.covered || !states.isEmpty();
    rest |= !now && map.results.contains(at.var);
    for (Flow.Use use : map.flow.dataUses(at.var)) {
      if (map.flow.isWeightOperand(use) || map.flow.isMoved(use)) {
        continue; // a site of its own
      }
      Eqn e = use.eqn();
      for (Var out : Flow.carried(use)) {
        if (!map.flow.isProduct(e) && (at.mixed.isPresent() || Flow.keepsPositions(e))) {
          todo.add(new At(out, now, at.mixed));
        } else if (!now) {
          rest |= map.reachesOut(out);
          if (!map.flow.isProduct(e)) {
            todo.add(new At(out, false, Optional.of(e)));
          } else if (map.reachesHidden(out)) {
            blocked.add(e);
          }
        }
      }
    }
  }
}
