package dev.engram.cli.train;

import dev.engram.cli.option.Words;
import dev.engram.cli.text.JsonObject;
import dev.engram.cli.train.problem.SequenceTask;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Writes the result of a training as JSON for scripts. */
final class TrainJson {
  private TrainJson() {}

  /**
   * Returns the whole result.
   *
   * @param curves one for each rule
   */
  static JsonObject of(SequenceTask task, SequenceTask.Settings s, List<TrainingResult> curves) {
    Path[] files = Results.files(s.out(), task.metrics());
    return new JsonObject()
        .put("task", task.name())
        .put("epochs", s.epochs())
        .put("steps", s.steps())
        .put("batch", s.batch())
        .put("hidden", s.hidden())
        .put("layers", s.layers())
        .put("lr", s.lr())
        .put("seed", s.seed())
        .put("threads", s.threads())
        .put(
            "results",
            IntStream.range(0, curves.size())
                .mapToObj(i -> result(Words.of(s.rules().get(i)), curves.get(i)))
                .toList())
        .texts("files", Arrays.stream(files).map(Path::toString).toList());
  }

  private static JsonObject result(String rule, TrainingResult c) {
    List<String> metrics = c.run().metrics();
    return new JsonObject()
        .put("rule", rule)
        .put(
            "metrics",
            IntStream.range(0, metrics.size())
                .mapToObj(
                    m ->
                        new JsonObject()
                            .put("name", metrics.get(m))
                            .put("first", c.values()[m][0])
                            .put("end", c.end(m)))
                .toList())
        .put("seconds", c.seconds())
        .put("firstStepSeconds", c.firstStep())
        .put("peakBytes", c.run().bytes());
  }
}
