package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Pair;
import dev.engram.ir.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The trainings, at sizes that take seconds: they learn, and what should spike does. */
class SequenceJobTest {
  @TempDir Path folder;

  private final Streams streams = new Streams();

  private List<Curve> run(String name, String options) throws IOException {
    SequenceTask task = SequenceTask.named(name).orElseThrow();
    try {
      SequenceTask.Settings s =
          task.parse(Arrays.asList((options + " --threads 1 --out " + folder).split(" ")));
      OutputFolder.prepare(s.out(), Results.files(s.out(), task.metrics()));
      return SequenceJob.run(task, s, streams.terminal(false, 80));
    } catch (UsageException e) {
      throw new AssertionError(e);
    }
  }

  private static double first(Curve c, int metric) {
    return Arrays.stream(c.values()[metric], 0, 5).average().orElseThrow();
  }

  private static void spikes(Curve c, int metric) {
    double rate = c.end(metric);
    assertTrue(rate > 1 && rate < 900, "rate: " + rate);
  }

  @Test
  void integratesByBothRules() throws IOException {
    List<Curve> curves =
        run("integrator", "--rule both --epochs 80 --steps 12 --batch 16 --hidden 16 --lr 1e-2");
    assertEquals(2, curves.size());
    for (Curve c : curves) {
      assertTrue(c.end(0) < 0.35 * first(c, 0), c.summary());
      assertTrue(c.end(1) < 0.6, c.summary());
    }
    assertNotEquals(curves.get(0).end(0), curves.get(1).end(0));
    for (String file : List.of("losses.png", "relative-error.png", "losses.csv")) {
      assertTrue(Files.size(folder.resolve(file)) > 100, file);
    }
    List<String> table = Files.readAllLines(folder.resolve("losses.csv"));
    assertEquals(
        "step,D-RTRL loss,BPTT loss,D-RTRL relative error,BPTT relative error", table.getFirst());
    assertEquals(81, table.size());
  }

  @Test
  void readsDigits() throws IOException {
    Curve c = run("digits", "--epochs 50 --steps 12 --batch 16 --hidden 40 --lr 1e-2").getFirst();
    assertTrue(c.end(0) < 0.6 * first(c, 0), c.summary());
    assertTrue(c.end(1) > 0.5, c.summary());
    spikes(c, 2);
  }

  @Test
  void comparesSamples() throws IOException {
    Curve c = run("match", "--epochs 12 --steps 20 --batch 8 --hidden 20").getFirst();
    assertTrue(Double.isFinite(c.end(0)), c.summary());
    spikes(c, 2);
  }

  @Test
  void writesText() throws IOException {
    Curve c = run("text", "--epochs 40 --steps 16 --batch 8 --hidden 24 --lr 1e-2").getFirst();
    assertTrue(first(c, 0) > 3 && c.end(0) < 3.1, c.summary());
    assertEquals(c.end(0) / Math.log(2), c.end(2), 1e-5);
    assertTrue(streams.out().contains("it writes: The "), streams.out());
  }

  @Test
  void aSparseNetworkLearnsAllItsSynapses() throws IOException {
    Curve c = run("network", "--epochs 12 --steps 30 --batch 4 --hidden 200").getFirst();
    assertTrue(c.end(0) < first(c, 0), c.summary());
    spikes(c, 2);
    assertEquals(List.of(), streams.err().lines().filter(l -> l.contains("excluded")).toList());
  }

  /** Every batch is new, and the same seed gives the same ones. */
  @Test
  void dataFollowTheSeed() {
    for (SequenceTask task : SequenceTask.ALL) {
      Pair<Tensor, Tensor> a = task.problem().apply(small()).next();
      SequenceProblem again = task.problem().apply(small());
      Pair<Tensor, Tensor> b = again.next();
      assertTrue(a.first().host().sameBits(b.first().host()), task.name());
      assertTrue(a.second().host().sameBits(b.second().host()), task.name());
      assertTrue(!again.next().first().host().sameBits(b.first().host()), task.name());
      assertEquals(a.first().shape().range(0, 2), a.second().shape().range(0, 2));
    }
  }

  private static SequenceTask.Settings small() {
    return new SequenceTask.Settings(1, 10, 4, 8, 0.01, Rule.D_RTRL, 7, Path.of("out"), 1);
  }

  @Test
  void digitsAreDrawnApart() {
    DigitImages images = new DigitImages(new SplittableRandom(1));
    double[][] mean = new double[10][DigitImages.SIDE * DigitImages.SIDE];
    for (int d = 0; d < 10; d++) {
      for (int n = 0; n < 50; n++) {
        double[] p = images.draw(d);
        for (int i = 0; i < p.length; i++) {
          assertTrue(p[i] >= 0 && p[i] <= 1);
          mean[d][i] += p[i] / 50;
        }
      }
    }
    // Most drawings are nearer to the mean of their own digit than to any other.
    int right = 0;
    for (int n = 0; n < 200; n++) {
      double[] p = images.draw(n % 10);
      int nearest = 0;
      for (int d = 1; d < 10; d++) {
        nearest = distance(p, mean[d]) < distance(p, mean[nearest]) ? d : nearest;
      }
      right += nearest == n % 10 ? 1 : 0;
    }
    assertTrue(right > 130 && right < 200, "right: " + right);
  }

  private static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sum;
  }

  @Test
  void theStoryIsPlainAscii() {
    String text = TextProblem.text();
    assertTrue(text.length() > 5000);
    assertTrue(text.chars().allMatch(c -> c >= ' ' && c < 127));
  }
}
