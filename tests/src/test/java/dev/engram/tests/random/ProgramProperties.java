package dev.engram.tests.random;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.PrimitiveIterator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The {@link ProgramLaws} on random programs, the same in every build: see {@link
 * PlantedFaultsTest} for what they find.
 *
 * <p>{@code -Dengram.tries=5} tests five times as many, {@code 0.1} a tenth; {@code
 * -Dengram.seed=42} draws other ones, {@code random} other ones each time. The smallest program
 * that breaks a law is kept, see {@link Finds}. {@link FreshSeeds} is for longer runs.
 */
class ProgramProperties {
  private static final Seeds SEEDS = Seeds.ofProperties();
  private static final double EFFORT = Double.parseDouble(System.getProperty("engram.tries", "1"));

  /** Fails for a law that applies to fewer programs than it does not apply to. */
  private static final int MOST_DRAWN = 2;

  static Stream<Law> laws() {
    return ProgramLaws.all().stream();
  }

  @ParameterizedTest
  @MethodSource("laws")
  void holds(Law law) {
    int tries = Math.max(1, (int) Math.round(law.tries() * EFFORT));
    Tryout tryout = new Tryout(law, Finds.folder());
    PrimitiveIterator.OfLong seeds = SEEDS.of(law).iterator();
    while (tryout.real() < tries && tryout.drawn() < MOST_DRAWN * tries + 10) {
      tryout.on(seeds.nextLong()).ifPresent(find -> fail(find.toString(), find.by()));
    }
    assertTrue(
        tryout.real() >= tries,
        () ->
            "%s said something about %d of %d programs, expected %d"
                .formatted(law, tryout.real(), tryout.drawn(), tries));
  }
}
