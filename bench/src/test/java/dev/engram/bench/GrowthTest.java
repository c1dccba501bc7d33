package dev.engram.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GrowthTest {
  /** Ten times as many equations: anything quadratic would cost ten times as much per equation. */
  @Test
  void anEquationOfALongProgramCostsNoMoreThanOneOfAShort() {
    for (int i = 0; i < 5; i++) {
      var _ = LongProgram.compile(1000); // warms up
    }
    LongProgram.Cost small = cheapest(1000);
    LongProgram.Cost large = cheapest(10_000);
    assertTrue(large.equations() > 8 * small.equations(), small + ", " + large);
    assertTrue(large.perEquation() < 3 * small.perEquation(), small + ", " + large);
  }

  private static LongProgram.Cost cheapest(int equations) {
    return IntStream.range(0, 3)
        .mapToObj(_ -> LongProgram.compile(equations))
        .min(Comparator.comparingDouble(LongProgram.Cost::total))
        .orElseThrow();
  }
}
