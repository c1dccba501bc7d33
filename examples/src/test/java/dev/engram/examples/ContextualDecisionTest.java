package dev.engram.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Both heads learn what the context asks for; without learning neither does. */
class ContextualDecisionTest {

  @Test
  void bothHeadsLearn() {
    ContextualDecision.Skill learned = ContextualDecision.learn(150, 1e-2, 1);
    ContextualDecision.Skill not = ContextualDecision.learn(1, 0, 1);
    assertTrue(learned.accuracy() > 0.9 && not.accuracy() < 0.65, learned + ", " + not);
    assertTrue(learned.error() < 0.03 && not.error() > 0.1, learned + ", " + not);
  }
}
