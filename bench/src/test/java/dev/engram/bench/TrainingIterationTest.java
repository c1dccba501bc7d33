package dev.engram.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.HostTensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The measured training works. */
class TrainingIterationTest {
  // Large enough that the traces are split among threads.
  private static final TaskSizes SIZES = new TaskSizes(1, 16, 64, 1e-2, 3);

  private static PeerLosses.Run train(TaskSizes sizes, GradientRule rule, int threads) {
    return new PeerLosses(sizes, 12, Path.of("unused")).train(rule, threads);
  }

  @ParameterizedTest
  @EnumSource
  void theLossIsFiniteAndFalls(GradientRule rule) {
    TrainingIteration training = TrainingIteration.of(SIZES, rule);
    HostTensor symbols = new Symbols(SIZES, 1).next();
    List<Double> losses = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      losses.add(training.run(symbols));
    }
    Workbench.learns(rule.title(), losses);
    assertThrows(
        IllegalStateException.class, () -> Workbench.learns("backwards", losses.reversed()));
  }

  @ParameterizedTest
  @EnumSource
  void oneThreadAndTwoGiveTheSameBits(GradientRule rule) {
    PeerLosses.Run one = train(SIZES, rule, 1);
    PeerLosses.Run two = train(SIZES, rule, 2);
    assertEquals(one.losses(), two.losses());
    for (int i = 0; i < one.weights().size(); i++) {
      assertTrue(one.weights().get(i).sameBits(two.weights().get(i)), "weight " + i);
    }
    TaskSizes other = new TaskSizes(SIZES.lag(), SIZES.batch(), SIZES.hidden(), SIZES.rate(), 4);
    assertNotEquals(one.losses(), train(other, rule, 1).losses());
  }

  @ParameterizedTest
  @EnumSource
  void codeDoesNotGrowWithTheSequence(GradientRule rule) {
    CodeSize few = size(rule, 250);
    CodeSize many = size(rule, 2500);
    assertEquals(few.nests(), many.nests());
    assertEquals(few.methods(), many.methods());
    // A length of the sequence that is a number in the code may take some bytes more.
    assertEquals(few.bytes(), many.bytes(), 1e-3 * few.bytes());
    assertEquals(few.largest(), many.largest(), 1e-2 * few.largest());
    assertTrue(few.nests() > 0 && few.methods() >= few.nests(), few.toString());
    assertTrue(few.bytes() > few.largest() && few.largest() > 0, few.toString());
    assertTrue(few.largest() < 8000, few.toString());
    // A sequence of one window has no loop over windows.
    assertTrue(size(rule, 25).nests() <= few.nests());
  }

  private static CodeSize size(GradientRule rule, int steps) {
    Phases.Result r = Phases.of(SIZES.withSteps(steps), rule).result();
    return CodeSize.of(r.program(), r.code().disassemble());
  }
}
