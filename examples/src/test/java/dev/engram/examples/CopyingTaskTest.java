package dev.engram.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Both forms of the copying task, on a small net and a short delay. */
class CopyingTaskTest {
  private static final CopyingSettings SMALL = new CopyingSettings(60, 1, 8, 16, 1e-2, 0);

  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(log, true, StandardCharsets.UTF_8);

  private static double mean(List<Double> xs) {
    return xs.stream().mapToDouble(x -> x).average().orElseThrow();
  }

  private static void learns(List<Double> losses) {
    assertEquals(Math.log(CopyDataset.SYMBOLS), losses.getFirst(), 0.2);
    double end = mean(losses.subList(50, 60));
    // ln 8 is the loss of guessing among the eight digits.
    assertTrue(end < Math.log(8) + 0.05, losses::toString);
  }

  @Test
  void onlineLearns() {
    learns(CopyingTaskExplicit.trainOnline(SMALL, out));
    assertTrue(log.toString(StandardCharsets.UTF_8).startsWith("step 0, loss 2."), log::toString);
  }

  @Test
  void offlineLearns() {
    learns(CopyingTaskExplicit.trainBptt(SMALL, out));
  }

  @Test
  void bothFormsGiveTheSameLosses() {
    CopyingSettings few = new CopyingSettings(4, 3, 4, 8, 1e-2, 5);
    List<Double> losses = CopyingTaskExplicit.trainOnline(few, out);
    assertEquals(losses, CopyingTaskOneCall.train(few, out));
    CopyingSettings otherSeed = new CopyingSettings(4, 3, 4, 8, 1e-2, 6);
    assertNotEquals(losses, CopyingTaskOneCall.train(otherSeed, out));
    List<Double> offline = CopyingTaskExplicit.trainBptt(few, out);
    assertEquals(losses.getFirst(), offline.getFirst(), 1e-6);
    assertNotEquals(losses.getLast(), offline.getLast(), 1e-5);
  }

  @Test
  void settingsAreThoseOfTheJob() {
    assertEquals(
        new CopyingSettings(7, 50, 64, 128, 1e-3, 0), CopyingSettings.of(new String[] {"7"}, 20));
    assertEquals(20, CopyingSettings.of(new String[0], 20).epochs());
  }
}
