package dev.engram.etrace.analysis;

import dev.engram.ir.Eqn;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Everything within the step that has a derivative with respect to one value, and along which
 * paths: clean ones, which keep positions and cross no weight's product, and others. Unlike in
 * {@link PathAnalysis}, paths continue beyond hidden states.
 */
final class Paths {
  private final Set<Value> clean = new HashSet<>();
  private final Map<Value, Eqn> others = new HashMap<>();

  private Paths() {}

  /**
   * Finds the paths from a site's signal, an old state or a weight's untraced use. If a weight also
   * begins other sites than the one whose signal it is, those are not paths from here.
   */
  static Paths from(Flow flow, Var start) {
    Paths p = new Paths();
    p.clean.add(start);
    boolean pure = flow.isPure(start);
    flow.behind(
        List.of(start),
        e -> {
          for (int i = 0; i < e.inputs().size(); i++) {
            Flow.Use use = new Flow.Use(e, i);
            boolean elsewhere =
                e.in(i).equals(start)
                    && (flow.isMoved(use)
                        || flow.isWeightOperand(use)
                        || (pure && e.outputs().stream().allMatch(flow::isPure)));
            if (!elsewhere) {
              p.follow(flow, use);
            }
          }
          return e.outputs().stream().filter(p::reaches).toList();
        });
    return p;
  }

  private void follow(Flow flow, Flow.Use use) {
    Eqn e = use.eqn();
    Value in = e.in(use.index());
    boolean isClean = clean.contains(in);
    Eqn first = others.get(in);
    if (!isClean && first == null) {
      return;
    }
    boolean keeps = !flow.isProduct(e) && Flow.keepsPositions(e);
    for (Var out : Flow.carried(use)) {
      if (isClean && keeps) {
        clean.add(out);
      }
      if (first != null || !keeps) {
        Eqn named = first == null || (flow.isProduct(e) && !flow.isProduct(first)) ? e : first;
        others.merge(out, named, (a, b) -> flow.isProduct(b) && !flow.isProduct(a) ? b : a);
      }
    }
  }

  boolean reaches(Value v) {
    return clean.contains(v) || others.containsKey(v);
  }

  /**
   * Returns what makes a path to {@code v} unclean: the first product with a weight, or else the
   * first op that moves or mixes positions; empty if there is no such path.
   */
  Optional<Eqn> unclean(Value v) {
    return Optional.ofNullable(others.get(v));
  }

  /**
   * Returns everything that has a derivative with respect to {@code start}, along paths that avoid
   * {@code cut}.
   */
  static Map<Value, Eqn> around(Flow flow, Var start, Set<Value> cut) {
    Map<Value, Eqn> reached = new HashMap<>();
    flow.behind(
        List.of(start),
        e -> {
          for (int i = 0; i < e.inputs().size(); i++) {
            if (e.in(i).equals(start) || reached.containsKey(e.in(i))) {
              for (Var out : Flow.carried(new Flow.Use(e, i))) {
                if (!cut.contains(out)) {
                  reached.putIfAbsent(out, e);
                }
              }
            }
          }
          return e.outputs().stream().filter(reached::containsKey).toList();
        });
    return reached;
  }
}
