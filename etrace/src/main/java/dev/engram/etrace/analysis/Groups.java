package dev.engram.etrace.analysis;

import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Diagnostic.Kind;
import dev.engram.etrace.HiddenGroup;
import dev.engram.etrace.ModelStep;
import dev.engram.ir.Eqn;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Var;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The hidden groups of a step: states that are coupled position by position are in one group.
 *
 * @param recurrence for each hidden state, those whose old value reaches its new value cleanly
 */
record Groups(
    List<HiddenGroup> groups, Map<Integer, Set<Integer>> recurrence, List<Diagnostic> diagnostics) {

  /**
   * Groups hidden states that are connected by a clean path, from an old value or from a new one.
   */
  static Groups of(ModelStep step, PathAnalysis.Reach reach) {
    Map<Integer, Set<Integer>> recurrence = new HashMap<>();
    List<Diagnostic> diagnostics = new ArrayList<>();
    Map<Integer, Integer> root = new HashMap<>();
    step.hidden().forEach(s -> root.put(s, s));
    for (int s : step.hidden()) {
      PathAnalysis old = new PathAnalysis(reach, step.state(s).var(), false);
      for (int to : old.reached) {
        recurrence.computeIfAbsent(to, k -> new LinkedHashSet<>()).add(s);
        join(root, s, to);
      }
      old.mixing.forEach(e -> diagnostics.add(mixed(step.state(s).path(), e)));
      if (step.graph().outs().get(step.results() + s) instanceof Var fresh) {
        new PathAnalysis(reach, fresh, true).reached.forEach(to -> join(root, s, to));
      }
    }
    Map<Integer, List<Integer>> members = new LinkedHashMap<>();
    for (int s : step.hidden()) {
      members.computeIfAbsent(find(root, s), k -> new ArrayList<>()).add(s);
    }
    List<HiddenGroup> groups = new ArrayList<>();
    for (List<Integer> states : members.values()) {
      List<String> names = states.stream().map(s -> step.state(s).path()).toList();
      groups.add(new HiddenGroup(groups.size(), states, names));
      if (states.size() > 1) {
        diagnostics.add(merged(names));
      }
    }
    return new Groups(List.copyOf(groups), recurrence, diagnostics);
  }

  private static Diagnostic mixed(String state, Eqn e) {
    return new Diagnostic(
        Kind.RECURRENCE_NOT_ELEMENTWISE,
        List.of(),
        List.of(state),
        e.op().mnemonic(),
        e.where(),
        "the hidden state "
            + state
            + " comes back through "
            + e.op().mnemonic()
            + ", which mixes positions, a path that traces leave out: gradients are approximate",
        "where that matters learn by Rtrl or BPTT");
  }

  private static Diagnostic merged(List<String> states) {
    return new Diagnostic(
        Kind.HIDDEN_GROUP_MERGED,
        List.of(),
        states,
        "",
        SourceLocation.UNKNOWN,
        "the hidden states "
            + String.join(", ", states)
            + " are tied by position and share a group",
        "");
  }

  private static void join(Map<Integer, Integer> root, int a, int b) {
    int ra = find(root, a);
    int rb = find(root, b);
    root.put(Math.max(ra, rb), Math.min(ra, rb));
  }

  private static int find(Map<Integer, Integer> root, int s) {
    int r = s;
    for (int up = root.get(r); up != r; up = root.get(r)) {
      r = up;
    }
    return r;
  }
}
