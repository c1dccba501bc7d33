package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Pair;
import dev.engram.State;
import dev.engram.States;
import dev.engram.cli.terminal.Streams;
import dev.engram.cli.train.problem.CopyingProblem;
import dev.engram.cli.train.problem.Learning;
import dev.engram.cli.train.problem.Requirements;
import dev.engram.cli.train.problem.SequenceProblem;
import dev.engram.cli.train.problem.SequenceTask;
import dev.engram.ir.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Trainings that do not fit are refused before anything is allocated, and no others are. */
class SizesTest {
  @TempDir Path folder;
  private final Streams streams = new Streams();

  private List<String> words(String line) {
    return List.of(line.replace("FOLDER", folder.toString()).split(" "));
  }

  private int run(String line) {
    return new Main(streams.terminal(false, 80)).run(words(line).toArray(String[]::new));
  }

  /** All tasks with an option for the number of steps. */
  private static List<SequenceTask> sequences() {
    return SequenceTask.all().stream().filter(t -> !t.equals(CopyingProblem.TASK)).toList();
  }

  /** The sizes of each task, each at its maximum in turn. */
  static Stream<String> huge() {
    List<String> all = new ArrayList<>();
    for (SequenceTask t : sequences()) {
      String job = "train " + t.name() + " --out FOLDER/o ";
      all.add(job + "--hidden 1000000 --batch 1000");
      all.add(job + "--steps 10000000 --batch 1000000");
      all.add(job + "--steps 3000000 --batch 1000");
      all.add(job + "--batch 1000000 --steps 10000");
    }
    all.add("train copying --out FOLDER/o --hidden 32768 --layers 1000");
    all.add("train copying --out FOLDER/o --lag 10000000 --batch 1000000");
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("huge")
  void sizesThatDoNotFitAreRefused(String line) throws Exception {
    assertEquals(Main.USAGE, run(line));
    String message = streams.err().lines().findFirst().orElseThrow();
    assertTrue(
        message.matches(
            "engram: these sizes need (more than [0-9.]+ GB of memory, this machine has [0-9.]+ GB"
                + "|an array of \\d+ numbers, and no array holds more than 2147483647);"
                + " lower --.*"),
        message);
    String job = words(line).get(1);
    SequenceTask task = SequenceTask.named(job).orElseThrow();
    Set<String> known = Asked.command(task).getCommandSpec().optionsMap().keySet();
    for (String option : message.replaceFirst(".*; lower ", "").split(", | or ")) {
      assertTrue(known.contains(option), option);
    }
  }

  @Test
  void whereMemoryIsEnoughArraysAreNot() throws Exception {
    Set<String> options = Set.of("--batch", "--lag");
    assertEquals(Optional.empty(), new Requirements(0.9e9, Integer.MAX_VALUE).refusal(options));
    assertEquals(
        "these sizes need an array of 2147483648 numbers, and no array holds more than 2147483647;"
            + " lower --batch or --lag",
        new Requirements(0.9e9, 0x1p31).refusal(options).orElseThrow());
  }

  /** The minimum of every size can be trained. */
  @ParameterizedTest
  @ValueSource(strings = {"integrator", "match", "match-lif", "digits", "text", "network"})
  void theSmallestTrainingRuns(String job) {
    SequenceTask task = SequenceTask.named(job).orElseThrow();
    int hidden = task.demand().leastHidden();
    String line = "train %s --epochs 1 --steps 1 --batch 1 --hidden %d --out FOLDER/%s";
    assertEquals(Main.OK, run(line.formatted(job, hidden, job)), streams.err());
    assertEquals(Main.USAGE, run(line.formatted(job, hidden - 1, job)));
    assertTrue(
        streams.err().contains("engram: --hidden must be an integer from " + hidden + " to "),
        streams.err());
  }

  /** A training of every task, at sizes each of which dominates once. */
  static Stream<List<String>> small() {
    List<List<String>> all = new ArrayList<>();
    for (String sizes :
        List.of("1 1 2", "7 1 2", "300 2 2", "1 9 2", "2 3 40", "1 1 120", "3 2 90")) {
      String[] n = sizes.split(" ");
      sequences().forEach(t -> all.add(List.of(t.name(), n[0], n[1], n[2])));
    }
    return all.stream();
  }

  private static long size(Tensor t) {
    return t.type().size();
  }

  private static double weights(SequenceProblem problem) {
    States parameters = problem.model().states().subset(State.Kind.PARAMETER);
    return parameters.paths().stream().mapToLong(p -> size(parameters.get(p).value())).sum();
  }

  /** The requirements do not exceed the actual batch and model of these sizes. */
  @ParameterizedTest
  @MethodSource("small")
  void sizesAreWhatIsMade(List<String> job) throws Exception {
    SequenceTask task = SequenceTask.named(job.get(0)).orElseThrow();
    SequenceTask.Settings settings =
        Asked.settings(
            task,
            "--steps %s --batch %s --hidden %s --rule bptt --epochs 5"
                .formatted(job.get(1), job.get(2), job.get(3)));
    SequenceProblem problem = task.problem().apply(settings);
    Pair<Tensor, Tensor> batch = problem.next();
    double results = 5.0 * task.metrics().size();
    double numbers = size(batch.first()) + size(batch.second());
    Requirements sizes = task.sizes(settings);

    double asked = (sizes.bytes() - 8 * results - 4 * numbers) / 12;
    assertTrue(asked > 0 && asked <= weights(problem), asked + " of " + weights(problem));
    double inputs =
        task.name().equals("digits")
            ? settings.batch() * (double) batch.first().dim(2)
            : size(batch.first());
    assertEquals(Math.max(inputs, size(batch.second())), sizes.longest());
  }

  @ParameterizedTest
  @CsvSource({"0,1,2,1", "3,4,5,1", "3,2,2,3", "50,1,20,4"})
  void thoseOfTheCopyingTaskToo(String lag, String batch, String hidden, String layers)
      throws Exception {
    SequenceTask.Settings options =
        Asked.settings(
            CopyingProblem.TASK,
            "--lag %s --batch %s --hidden %s --layers %s --rule bptt --epochs 5"
                .formatted(lag, batch, hidden, layers));
    Requirements sizes = CopyingProblem.TASK.sizes(options);
    CopyingProblem problem = new CopyingProblem(options);
    Pair<Tensor, Tensor> drawn = problem.next();
    double states =
        (double) options.steps() * options.batch() * options.hidden() * options.layers();
    double numbers = size(drawn.first()) + size(drawn.second()) + states;
    double asked = (sizes.bytes() - 8 * 5 - 4 * numbers) / 12;
    assertTrue(asked > 0 && asked <= weights(problem), asked + " of " + weights(problem));
    assertEquals(size(drawn.first()), sizes.longest());
  }

  /** Inputs and targets are two arrays, which only together exceed the limit of one. */
  @ParameterizedTest
  @ValueSource(strings = {"integrator", "text"})
  void twoArraysMayHoldMoreThanOne(String job) throws Exception {
    SequenceTask task = SequenceTask.named(job).orElseThrow();
    SequenceTask.Settings d = task.defaults();
    SequenceTask.Settings s =
        new SequenceTask.Settings(
            1, 1_200_000, 1000, d.hidden(), 1, d.lr(), List.of(Learning.BPTT), 0, d.out(), 1);
    assertEquals(1.2e9, task.sizes(s).longest());
    assertTrue(task.sizes(s).bytes() > 4 * 2.4e9);
  }
}
