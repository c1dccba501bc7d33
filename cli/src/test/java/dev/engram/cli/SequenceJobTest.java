package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Pair;
import dev.engram.cli.terminal.Streams;
import dev.engram.cli.train.OutputFolder;
import dev.engram.cli.train.Results;
import dev.engram.cli.train.SequenceJob;
import dev.engram.cli.train.TrainingResult;
import dev.engram.cli.train.problem.Baseline;
import dev.engram.cli.train.problem.CopyingProblem;
import dev.engram.cli.train.problem.DigitImages;
import dev.engram.cli.train.problem.Learning;
import dev.engram.cli.train.problem.SequenceProblem;
import dev.engram.cli.train.problem.SequenceTask;
import dev.engram.cli.train.problem.TextProblem;
import dev.engram.ir.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.ParameterException;

/** The trainings, at sizes that take seconds: the tasks are learned, and spiking neurons spike. */
class SequenceJobTest {
  @TempDir Path folder;

  private final Streams streams = new Streams();

  private List<TrainingResult> run(String name, String options) throws IOException {
    SequenceTask task = SequenceTask.named(name).orElseThrow();
    SequenceTask.Settings s = Asked.settings(task, options + " --threads 1 --out " + folder);
    OutputFolder.prepare(s.out(), Results.files(s.out(), task.metrics()));
    return SequenceJob.run(task, s, streams.terminal(false, 80));
  }

  private static double first(TrainingResult c, int metric) {
    return Arrays.stream(c.values()[metric], 0, 5).average().orElseThrow();
  }

  /** The metric at the end is better than the baseline that the chart shows. */
  private static void beats(TrainingResult c, int metric, String task) {
    SequenceTask.Settings s = SequenceTask.named(task).orElseThrow().defaults();
    String name = c.run().metrics().get(metric);
    List<Baseline> all =
        SequenceTask.named(task).orElseThrow().problem().apply(s).baselines().stream()
            .filter(b -> b.metric().equals(name))
            .toList();
    assertTrue(!all.isEmpty(), name);
    for (Baseline b : all) {
      double gain = name.equals("accuracy") ? c.end(metric) - b.value() : b.value() - c.end(metric);
      assertTrue(gain > 0, b + ": " + c.summary());
    }
  }

  private static void spikes(TrainingResult c, int metric) {
    double rate = c.end(metric);
    assertTrue(rate > 1 && rate < 900, "rate: " + rate);
  }

  @Test
  void integratesByBothRules() throws IOException {
    List<TrainingResult> curves =
        run("integrator", "--rule both --epochs 80 --steps 12 --batch 16 --hidden 16 --lr 1e-2");
    assertEquals(2, curves.size());
    for (TrainingResult c : curves) {
      assertTrue(c.end(0) < 0.35 * first(c, 0), c.summary());
      assertTrue(c.end(1) < 0.6, c.summary());
    }
    assertNotEquals(curves.get(0).end(0), curves.get(1).end(0));
    for (String file : List.of("losses.png", "losses.svg", "relative-error.png", "losses.csv")) {
      assertTrue(Files.size(folder.resolve(file)) > 100, file);
    }
    List<String> table = Files.readAllLines(folder.resolve("losses.csv"));
    assertEquals(
        "step,D-RTRL (online) loss,BPTT (offline) loss,D-RTRL (online) relative error,"
            + "BPTT (offline) relative error,seed,lr,batch,hidden,time steps",
        table.getFirst());
    assertEquals(81, table.size());
  }

  @Test
  void readsDigits() throws IOException {
    TrainingResult c =
        run("digits", "--epochs 50 --steps 12 --batch 16 --hidden 40 --lr 1e-2").getFirst();
    assertTrue(c.end(0) < 0.6 * first(c, 0), c.summary());
    assertTrue(c.end(1) > 0.5, c.summary());
    spikes(c, 2);
  }

  @Test
  void comparesSamples() throws IOException {
    TrainingResult c =
        run("match", "--epochs 60 --steps 50 --batch 16 --hidden 40 --lr 1e-2").getFirst();
    assertTrue(c.end(1) > 0.85, c.summary());
    beats(c, 0, "match");
    spikes(c, 2);
  }

  @Test
  void writesText() throws IOException {
    TrainingResult c =
        run("text", "--epochs 60 --steps 16 --batch 16 --hidden 32 --lr 2e-2").getFirst();
    assertEquals(c.end(0) / Math.log(2), c.end(2), 1e-5);
    assertTrue(c.end(0) < TextProblem.entropy(TextProblem.text(), 1), c.summary());
    assertTrue(streams.out().contains("it writes: The "), streams.out());
    assertTrue(streams.out().contains("the rest of the story takes "), streams.out());
  }

  @Test
  void aSparseNetworkLearnsAllItsSynapses() throws IOException {
    TrainingResult c =
        run("network", "--epochs 40 --steps 40 --batch 8 --hidden 200 --lr 1e-2").getFirst();
    beats(c, 0, "network");
    assertTrue(c.end(1) > 0.5, c.summary());
    spikes(c, 2);
    assertEquals(List.of(), streams.err().lines().filter(l -> l.contains("excluded")).toList());
  }

  @Test
  void copiesByBothRules() throws Exception {
    run("copying", "--epochs 80 --lag 0 --batch 16 --hidden 32 --lr 2e-2");
    List<String> table = Files.readAllLines(folder.resolve("losses.csv"));
    assertEquals(
        "step,D-RTRL (online),BPTT (offline),seed,lr,batch,hidden,time steps", table.getFirst());
    assertEquals(81, table.size());
    double level = Math.log(8);
    for (String last : List.of(table.getLast().split(",", -1)).subList(0, 3)) {
      assertTrue(last.equals("79") || Double.parseDouble(last) < level, table.getLast());
    }
  }

  /** RTRL is exact, so it trains as BPTT does; the others do not. */
  @Test
  void everyRuleTrains() throws IOException {
    String all = "rtrl,bptt,d-rtrl,pp-prop,e-prop,ostl-recurrent,ostl-feedforward,snap-2,uoro,dni";
    List<TrainingResult> curves =
        run("match", "--epochs 6 --steps 20 --batch 4 --hidden 8 --lr 5e-3 --rule " + all);
    assertEquals(10, curves.size());
    double[] exact = curves.getFirst().values()[0];
    for (TrainingResult c : curves) {
      double[] losses = c.values()[0];
      assertEquals(exact[0], losses[0], 1e-6, c.summary());
      assertTrue(c.end(0) < losses[0], c.summary());
      double apart = 0;
      for (int i = 0; i < losses.length; i++) {
        apart = Math.max(apart, Math.abs(losses[i] - exact[i]));
      }
      boolean isExact = c.name().startsWith("RTRL") || c.name().startsWith("BPTT");
      assertEquals(isExact, apart < 1e-4, c.summary() + " apart " + apart);
    }
  }

  @Test
  void rulesThatDoNotFitAreRefused() {
    SequenceTask match = SequenceTask.named("match").orElseThrow();
    SequenceTask text = SequenceTask.named("text").orElseThrow();
    ParameterException modulator =
        assertThrows(
            ParameterException.class, () -> Asked.settings(match, "--rule d-rtrl,three-factor"));
    assertEquals(
        "--rule three-factor does not fit: it needs a modulator with each step, and a task has a"
            + " loss alone",
        modulator.getMessage());
    ParameterException filter =
        assertThrows(ParameterException.class, () -> Asked.settings(text, "--rule e-prop"));
    assertTrue(filter.getMessage().contains("readout of this task has no leak"));
    IOException memory =
        assertThrows(IOException.class, () -> run("network", "--batch 64 --rule rtrl"));
    assertTrue(
        memory.getMessage().matches("rtrl carries [0-9.]+ GB of traces at these sizes, .*"),
        memory.getMessage());
  }

  /** Every batch is new, and the same seed yields the same ones. */
  @Test
  void dataFollowTheSeed() {
    for (SequenceTask task : SequenceTask.all()) {
      Pair<Tensor, Tensor> a = task.problem().apply(small()).next();
      SequenceProblem again = task.problem().apply(small());
      Pair<Tensor, Tensor> b = again.next();
      assertTrue(a.first().host().sameBits(b.first().host()), task.name());
      assertTrue(a.second().host().sameBits(b.second().host()), task.name());
      assertTrue(!again.next().first().host().sameBits(b.first().host()), task.name());
      // The copying task has targets only in its last steps.
      int scored = task.equals(CopyingProblem.TASK) ? 10 : a.first().dim(0);
      assertEquals(List.of(scored, a.first().dim(1)), a.second().shape().dims().subList(0, 2));
    }
  }

  private static SequenceTask.Settings small() {
    return new SequenceTask.Settings(
        1, 20, 4, 8, 1, 0.01, List.of(Learning.D_RTRL), 7, Path.of("out"), 1);
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
