package dev.engram.etrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.etrace.analysis.Coordinates;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which combinations of coordinates are rules. */
class RuleTest {
  private static Rule rule(Coordinates c) {
    return new Rule(
        c.factorization(), c.recursion(), c.scope(), c.signal(), c.filter(), c.schedule());
  }

  @Test
  void everyCombinationIsARuleOrRefusedWithTheNearestRules() {
    Set<String> legal = new HashSet<>();
    List<Coordinates> refused = new ArrayList<>();
    for (Coordinates c : Coordinates.all()) {
      if (c.conflict().isEmpty()) {
        legal.add(rule(c).words());
      } else {
        refused.add(c);
        String why = assertThrows(EtraceException.class, () -> rule(c)).getMessage();
        assertTrue(why.startsWith("no such rule: " + c + ": " + c.conflict().get()), why);
      }
    }
    assertEquals(3 * 3 * 4 * 4 * 2 * 2, legal.size() + refused.size());
    assertEquals(75, legal.size());
    for (Coordinates c : refused) {
      assertFalse(c.alternatives().isEmpty(), c::toString);
      assertEquals(c.alternatives().size(), new HashSet<>(c.alternatives()).size());
    }
  }

  @Test
  void anAlternativeDiffersInWhatItNames() {
    Coordinates c =
        new Coordinates(
            new Factorization.PerWeight(),
            new Recursion.Leak(0.9),
            new Scope.Coupled(),
            new LearningSignal.Symmetric(),
            new TraceFilter.None(),
            new Schedule.PerStep());
    assertEquals(List.of("recursion jacobian", "scope diagonal"), c.alternatives());
  }

  @Test
  void namedRulesAreDifferentRules() {
    List<Rule> named =
        List.of(
            Rule.dRtrl(),
            Rule.ppProp(Factorization.InputOutput.decay(0.9)),
            Rule.eProp(0.9),
            Rule.ostlRecurrent(),
            Rule.ostlFeedforward(),
            Rule.snAp(2),
            Rule.uoro(),
            Rule.threeFactor(),
            Rule.dni(),
            Rule.rtrl());
    assertEquals(named.size(), new HashSet<>(named).size());
    // Full scopes follow weights by themselves, and the others their sites.
    assertEquals(
        List.of(Rule.uoro(), Rule.rtrl()), named.stream().filter(r -> !r.followsSites()).toList());
  }

  @Test
  void constantsOutOfRangeAreRefused() {
    for (Runnable bad :
        List.<Runnable>of(
            () -> Factorization.InputOutput.decay(1),
            () -> new Factorization.InputOutput(-0.1, 0.5),
            () -> new Factorization.InputOutput(0.5, 0),
            () -> Factorization.InputOutput.rank(1),
            () -> new Recursion.Leak(1.5),
            () -> new Scope.Snap(0),
            () -> new TraceFilter.Kappa(1),
            () -> new Schedule.Window(0))) {
      String why = assertThrows(EtraceException.class, bad::run).getMessage();
      assertTrue(why.contains("expected"), why);
    }
    assertEquals(2.0 / 3, Factorization.InputOutput.rank(5).inputDecay(), 1e-15);
  }
}
