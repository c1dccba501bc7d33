package dev.engram.cli.inspect;

import dev.engram.cli.option.Choice;
import dev.engram.cli.train.TrainOptions;
import dev.engram.cli.train.problem.CopyingProblem;
import dev.engram.cli.train.problem.Learning;
import dev.engram.cli.train.problem.SequenceTask;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of the copying task's training step. */
final class CopyingStepOptions {
  @Mixin private final TrainOptions.Lag lag = new TrainOptions.Lag();
  @Mixin private final TrainOptions.Update update = new TrainOptions.Update();
  @Mixin private final TrainOptions.Hidden hidden = new TrainOptions.Hidden();
  @Mixin private final TrainOptions.Layers layers = new TrainOptions.Layers();
  @Mixin private final TrainOptions.Seed seed = new TrainOptions.Seed();

  @Option(
      names = "--rule",
      order = 81,
      paramLabel = "RULE",
      converter = Steps.class,
      completionCandidates = Steps.class,
      defaultValue = "d-rtrl",
      description = "d-rtrl or bptt (default ${DEFAULT-VALUE})")
  private Learning rule = Learning.D_RTRL;

  private static final class Steps extends Choice<Learning> {
    Steps() {
      super(List.of(Learning.D_RTRL, Learning.BPTT));
    }
  }

  Learning rule() {
    return rule;
  }

  long seed() {
    return seed.value;
  }

  /** What the step is made from; the rest is as {@code train copying} has it. */
  SequenceTask.Settings settings() {
    SequenceTask.Settings d = CopyingProblem.TASK.defaults();
    return new SequenceTask.Settings(
        d.epochs(),
        lag.steps(),
        update.batch,
        hidden.value,
        layers.value,
        update.lr,
        List.of(rule),
        seed.value,
        d.out(),
        d.threads());
  }
}
