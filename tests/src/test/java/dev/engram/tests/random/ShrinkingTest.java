package dev.engram.tests.random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Graph;
import dev.engram.ir.Rows;
import dev.engram.ir.Verifier;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.JqwikException;
import net.jqwik.api.Shrinkable;
import net.jqwik.api.sessions.JqwikSession;
import org.junit.jupiter.api.Test;

/** What is made smaller stays a program, and a fault is shown by a short one. */
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
    Predicate<Program> breaks = ShrinkingTest::breaks;
    JqwikSession.run(
        () -> {
          Shrinkable<Program> found = find(breaks);
          int before = size(found.value().graph());
          Shrinkable<Program> least = shrink(found, breaks);
          int after = size(least.value().graph());
          assertTrue(
              after <= 5 && after < before,
              () -> "shrunk from " + before + " equations to " + least.value());
        });
  }

  /** A pass that takes tanh for sine. */
  private static boolean breaks(Program p) {
    try {
      Laws.keepsBits(p, Faults.row(Rows.TANH, Rows.SIN));
      return false;
    } catch (AssertionError e) {
      return true;
    }
  }

  private static Shrinkable<Program> find(Predicate<Program> breaks) {
    var generator = Jqwik.programs(Profile.ANY).generator(1000);
    Random random = new Random(1);
    return Stream.generate(() -> generator.next(random))
        .limit(500)
        .filter(s -> breaks.test(s.value()) && size(s.value().graph()) > 6)
        .findFirst()
        .orElseThrow(() -> new JqwikException("no program breaks it"));
  }

  private static Shrinkable<Program> shrink(Shrinkable<Program> from, Predicate<Program> breaks) {
    Shrinkable<Program> least = from;
    for (int round : IntStream.range(0, 300).toArray()) {
      var smaller = least.shrink().limit(400).filter(s -> breaks.test(s.value())).findFirst();
      if (smaller.isEmpty()) {
        return least;
      }
      least = smaller.get();
      assertTrue(round < 299, "it never ends");
    }
    return least;
  }

  private static int size(Graph g) {
    return g.eqns().size();
  }
}
