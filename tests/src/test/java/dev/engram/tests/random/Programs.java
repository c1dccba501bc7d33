package dev.engram.tests.random;

import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Generates random well-typed programs, small and with moderate values, over every family and row.
 */
public final class Programs {
  /** Depth of nesting of scans, conditions and calls. */
  private static final int DEPTH = 2;

  private Programs() {}

  /** Returns the program of {@code recipe}. */
  static Program of(Profile profile, Recipe recipe) {
    Draft draft = new Draft(new Builder("program"), profile, DEPTH, 6);
    for (List<Integer> step : recipe.steps()) {
      Steps.step(draft, new Choices(step));
    }
    List<Value> outs = results(draft, recipe);
    if (profile.derived()) {
      draft.lastFloat().filter(v -> !outs.contains(v)).ifPresent(outs::add);
    }
    Graph g = draft.build(outs);
    SplittableRandom random = new SplittableRandom(recipe.data());
    List<HostTensor> args = Samples.any(g.paramTypes(), random);
    return new Program(g, args, recipe.data());
  }

  /** Up to eight of the last values; or the last one, and up to three others. */
  private static List<Value> results(Draft draft, Recipe recipe) {
    Choices c =
        new Choices(recipe.steps().stream().map(s -> s.isEmpty() ? 0 : s.getLast()).toList());
    List<Value> outs = new ArrayList<>(List.of(draft.last()));
    if (c.next(2) == 1) {
      for (int i = 1; i < 8; i++) {
        outs.add(draft.late(i));
      }
    } else {
      for (int i = c.next(4); i > 0; i--) {
        outs.add(draft.draw(c));
      }
    }
    return outs;
  }

  public static Program random(Profile profile, long seed) {
    return of(profile, Recipe.random(seed));
  }
}
