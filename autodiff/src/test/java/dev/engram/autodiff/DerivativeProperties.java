package dev.engram.autodiff;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Verifier;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;

/** Random programs through every transformation, against the oracles. */
class DerivativeProperties {
  private static final List<ElementwiseRow> SMOOTH =
      List.of(Rows.TANH, Rows.SIN, Rows.COS, Rows.SIGMOID, Rows.SOFTPLUS, Rows.NEG);

  private static final AtomicInteger TRIALS = new AtomicInteger();
  private static final AtomicInteger SMOOTH_TRIALS = new AtomicInteger();

  private static Trial trial(long seed, List<ElementwiseRow> rows) {
    TRIALS.incrementAndGet();
    Graph g = new RandomFunctions(seed, rows).next();
    return Trial.of("random " + seed, g, seed);
  }

  @Property(tries = 300, seed = "2026", shrinking = ShrinkingMode.OFF)
  void vjpIsTransposedJvp(@ForAll long seed) {
    trial(seed, SMOOTH).vjpIsTransposedJvp();
  }

  @Property(tries = 120, seed = "2026", shrinking = ShrinkingMode.OFF)
  void linearizeIsJvp(@ForAll long seed) {
    trial(seed, SMOOTH).linearizeIsJvp();
  }

  @Property(tries = 120, seed = "2026", shrinking = ShrinkingMode.OFF)
  void jvpIsDifference(@ForAll long seed) {
    Trial t = trial(seed, SMOOTH);
    if (isSmoothAround(t)) {
      t.jvpIsDifference();
      SMOOTH_TRIALS.incrementAndGet();
    }
  }

  @AfterContainer
  static void count() {
    System.out.println(
        "random functions: "
            + TRIALS
            + " trials, "
            + SMOOTH_TRIALS
            + " of them against differences");
  }

  @Property(tries = 40, seed = "2026", shrinking = ShrinkingMode.OFF)
  void secondOrder(@ForAll long seed) {
    Trial t = trial(seed, SMOOTH);
    List<Boolean> flags = new ArrayList<>(t.wrt());
    Graph v = Vjp.of(t.g(), t.wrt());
    Oracle.floatsOf(t.g().outTypes()).forEach(_ -> flags.add(true));
    Verifier.verify(v);
    Trial.of("vjp of " + t.name(), v, seed).vjpIsTransposedJvp();
    Verifier.verify(Vjp.of(v, flags));
  }

  @Property(tries = 80, seed = "2026", shrinking = ShrinkingMode.OFF)
  void batchIsALoop(@ForAll long seed) {
    trial(seed, SMOOTH).batches();
  }

  @Property(tries = 40, seed = "2026", shrinking = ShrinkingMode.OFF)
  void gradientOfBatchAndBatchOfGradient(@ForAll long seed) {
    Trial t = trial(seed, SMOOTH);
    Graph wide = Batch.of(t.g(), Oracle.all(t.g(), true), 2).graph();
    Trial.of("batch of " + t.name(), wide, seed).vjpIsTransposedJvp();
    Graph v = Vjp.of(t.g(), t.wrt());
    Trial.of("vjp of " + t.name(), v, seed).batch(Oracle.all(v, true));
  }

  /**
   * Found by this property: an example that leaves a branch has residuals of zero there, and a
   * quotient of them made NaN of its cotangent.
   */
  @Example
  void examplesThatLeaveABranchHaveNoDerivativeThere() {
    for (long seed : new long[] {-26, 153, 408, 837, 1655, 5319}) {
      gradientOfBatchAndBatchOfGradient(seed);
    }
  }

  /** Control: among programs with a wrong row, differences disagree somewhere. */
  @Property(tries = 1, seed = "2026")
  void aWrongRowIsFound() {
    ElementwiseRow wrong =
        ElementwiseRow.of(
            "wrong",
            1,
            (a, _, _) -> Math.sin(a),
            Rows.SIN.domain(),
            List.of((x, _) -> x.get(0).sin()));
    int found = 0;
    for (long seed = 0; seed < 40; seed++) {
      Trial t = trial(seed, List.of(wrong));
      try {
        if (isSmoothAround(t)) {
          t.jvpIsDifference();
        }
      } catch (Oracle.Disagreement expected) {
        found++;
      }
    }
    int count = found;
    assertTrue(count > 10, () -> "found in " + count + " of 40");
  }

  /** False where a branch or a kink is so near that the differences to both sides disagree. */
  private static boolean isSmoothAround(Trial t) {
    List<HostTensor> tangents =
        Oracle.random(
            new SplittableRandom(t.name().hashCode()), Oracle.chosen(t.g().paramTypes(), t.wrt()));
    return Oracle.isSmooth(t.g(), t.args(), t.wrt(), tangents);
  }
}
