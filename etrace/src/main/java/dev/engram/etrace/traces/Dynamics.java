package dev.engram.etrace.traces;

import dev.engram.etrace.Recursion;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Scope;
import dev.engram.etrace.analysis.SiteMap;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * How a trace is propagated, position by position: {@code D[s,r]} for pairs of a group's states.
 */
public sealed interface Dynamics {

  /** Returns the old states that the trace of the new state {@code s} depends on. */
  Set<Integer> feeds(int s);

  /** Returns {@code D[s,r]} with the state's shape, for an {@code r} that feeds {@code s}. */
  Optional<Tensor> factor(StepCopy copy, int s, int r);

  static Dynamics of(SiteMap map, Rule rule) {
    return switch (rule.recursion()) {
      case Recursion.None _ -> new Nothing();
      case Recursion.Leak leak -> new Leaky(leak.decay());
      case Recursion.Jacobian _ ->
          switch (rule.scope()) {
            case Scope.Diagonal _ -> new Held(map);
            case Scope.Coupled _, Scope.Snap _, Scope.Full _ -> new Whole(map);
          };
    };
  }

  /** Returns {@code Σ_r D[s,r] e_r} over the states that have a trace. */
  default List<Tensor> carried(StepCopy copy, int s, java.util.Map<Integer, Tensor> old) {
    return feeds(s).stream()
        .filter(old::containsKey)
        .flatMap(r -> factor(copy, s, r).map(d -> d.mul(old.get(r))).stream())
        .toList();
  }

  /** ∂h_s/∂h_r with every site's signal held fixed. */
  record Held(SiteMap map) implements Dynamics {
    @Override
    public Set<Integer> feeds(int s) {
      return map.analysis.recurrence.getOrDefault(s, Set.of());
    }

    @Override
    public Optional<Tensor> factor(StepCopy copy, int s, int r) {
      return copy.local(s, map.oldState(r));
    }
  }

  /** The diagonal of ∂h_s/∂h_r along all paths within the step. */
  record Whole(SiteMap map) implements Dynamics {
    @Override
    public Set<Integer> feeds(int s) {
      Set<Integer> found = new TreeSet<>();
      for (int r : map.group(s).states()) {
        if (map.analysis.depends(s, r)) {
          found.add(r);
        }
      }
      return found;
    }

    @Override
    public Optional<Tensor> factor(StepCopy copy, int s, int r) {
      return Optional.of(copy.diagonals(map.group(s)).diagonal(s, r));
    }
  }

  /** A constant for each position. */
  record Leaky(double decay) implements Dynamics {
    @Override
    public Set<Integer> feeds(int s) {
      return Set.of(s);
    }

    @Override
    public Optional<Tensor> factor(StepCopy copy, int s, int r) {
      return Optional.of(copy.fresh(s).like(decay));
    }
  }

  /** No propagation. */
  record Nothing() implements Dynamics {
    @Override
    public Set<Integer> feeds(int s) {
      return Set.of();
    }

    @Override
    public Optional<Tensor> factor(StepCopy copy, int s, int r) {
      return Optional.empty();
    }
  }
}
