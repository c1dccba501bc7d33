package dev.engram.tests.random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Graph;
import dev.engram.ir.Verifier;
import dev.engram.ir.op.Rows;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Shrinking preserves validity, and a fault is shown by a short program. */
class ShrinkingTest {

  @Test
  void everyPartOfARecipeIsAProgram() {
    Recipe whole = Recipe.random(7);
    for (int steps = 0; steps <= whole.steps().size(); steps++) {
      for (int choices : new int[] {0, 1, 2, 5, 13}) {
        List<List<Integer>> cut =
            whole.steps().stream()
                .limit(steps)
                .map(s -> s.subList(0, Math.min(choices, s.size())))
                .toList();
        Program p = Programs.of(Profile.ANY, new Recipe(whole.data(), cut));
        assertEquals(List.of(), Verifier.findings(p.graph()));
      }
    }
  }

  @Test
  void aFaultIsShownByAShortProgram() {
    for (int seed : find(2)) {
      Recipe found = Recipe.random(seed);
      int before = size(Programs.of(Profile.ANY, found).graph());
      Recipe least = Shrinker.shrink(found, Profile.ANY, ShrinkingTest::breaks);
      Program p = Shrinker.oneResult(Programs.of(Profile.ANY, least), ShrinkingTest::breaks);
      assertTrue(breaks(p));
      assertTrue(
          size(p.graph()) <= 5 && size(p.graph()) < before,
          () -> "shrunk from " + before + " equations to " + p);
    }
  }

  /** A pass that replaces sine by tanh. */
  private static boolean breaks(Program p) {
    try {
      Laws.keepsBits(p, Faults.row(Rows.TANH, Rows.SIN));
      return false;
    } catch (AssertionError e) {
      return true;
    }
  }

  private static int[] find(int n) {
    return IntStream.range(0, 5000)
        .filter(
            seed -> {
              Program p = Programs.of(Profile.ANY, Recipe.random(seed));
              return size(p.graph()) > 6 && breaks(p);
            })
        .limit(n)
        .toArray();
  }

  private static int size(Graph g) {
    return g.eqns().size();
  }
}
