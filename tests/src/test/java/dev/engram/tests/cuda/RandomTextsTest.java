package dev.engram.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.ir.Graph;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.LoweringOptions;
import dev.engram.tests.build.Needs;
import dev.engram.tests.random.Profile;
import dev.engram.tests.random.Program;
import dev.engram.tests.random.Programs;
import dev.engram.tests.random.Ways;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Random programs as text on the stand-in, with the bits of {@code cpu}. */
class RandomTextsTest {
  private static final double EFFORT = Double.parseDouble(System.getProperty("engram.tries", "1"));

  /** Of the results at most so many may differ in bits. */
  private static final double MOST_EXEMPT = 0.01;

  @BeforeAll
  static void needs() {
    Needs.cppCompiler();
  }

  @Test
  void asLowered() {
    check(0, 1000, TextOptions.standard(), p -> lower(p.graph(), LoweringOptions.standard()));
  }

  /** Tiles and blocks so small that these programs meet edges and barriers. */
  @Test
  void inTinyTiles() {
    check(100_000, 1000, TextOptions.tiny(), p -> lower(p.graph(), LoweringOptions.standard()));
  }

  /** Simplified, with results written over parameters, and in other memory. */
  @Test
  void asUsersRunThem() {
    LoweringOptions other = LoweringOptions.standard().withMemory(256, false);
    check(
        200_000,
        1000,
        TextOptions.tiny(),
        p -> {
          Graph g = Pipeline.standard().run(p.graph());
          return Lowering.lower(g, Ways.updates(g), other);
        });
  }

  private static LoopProgram lower(Graph g, LoweringOptions options) {
    return Lowering.lower(g, List.of(), options);
  }

  private interface Lowered {
    LoopProgram of(Program p);
  }

  private static void check(long first, int tries, TextOptions options, Lowered lowered) {
    Agreement all = new Agreement(options);
    int programs = Math.max(1, (int) Math.round(tries * EFFORT));
    for (long seed = first; seed < first + programs; seed++) {
      Program p = Programs.random(Profile.ANY, seed);
      all.add("program " + seed, lowered.of(p), p.args());
    }
    all.check();
    System.out.printf(
        "%d programs, %d kernels, %d results, %d exempt%n",
        programs, all.kernels(), all.results(), all.exempt());
    assertTrue(
        all.exempt() <= Math.max(3, MOST_EXEMPT * all.results()),
        () -> all.exempt() + " of " + all.results() + " results differ in bits");
  }
}
