package dev.engram.cli.train;

import dev.engram.cli.option.JsonOption;
import dev.engram.cli.option.WholeNumber;
import dev.engram.cli.option.Words;
import dev.engram.cli.terminal.Terminal;
import dev.engram.cli.train.problem.CopyingProblem;
import dev.engram.cli.train.problem.SequenceTask;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code engram train TASK}: the training of one task. */
public abstract class Training implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private final TrainOptions.Course course = new TrainOptions.Course();
  @Mixin private final TrainOptions.Hidden hidden = new TrainOptions.Hidden();
  @Mixin private final TrainOptions.Update update = new TrainOptions.Update();
  @Mixin private final TrainOptions.Seed seed = new TrainOptions.Seed();
  @Mixin private final JsonOption json = new JsonOption();

  private final SequenceTask task;
  private final Terminal terminal;

  private Training(SequenceTask task, Terminal terminal) {
    this.task = task;
    this.terminal = terminal;
  }

  /** The copying task has a lag instead of steps. */
  @Command
  private static final class OfCopying extends Training {
    @Mixin private final TrainOptions.Lag lag = new TrainOptions.Lag();
    @Mixin private final TrainOptions.Layers layers = new TrainOptions.Layers();

    OfCopying(Terminal terminal) {
      super(CopyingProblem.TASK, terminal);
    }

    @Override
    int steps() {
      return lag.steps();
    }

    @Override
    int layers() {
      return layers.value;
    }
  }

  @Command
  private static final class OfSequences extends Training {
    @Mixin private final TrainOptions.Steps steps = new TrainOptions.Steps();

    OfSequences(SequenceTask task, Terminal terminal) {
      super(task, terminal);
    }

    @Override
    int steps() {
      return steps.value;
    }

    @Override
    int layers() {
      return 1;
    }
  }

  /** Makes the command for a task. */
  static CommandLine command(SequenceTask task, Terminal terminal) {
    Training training =
        task.equals(CopyingProblem.TASK)
            ? new OfCopying(terminal)
            : new OfSequences(task, terminal);
    CommandSpec spec = CommandSpec.forAnnotatedObject(training);
    spec.name(task.name());
    spec.usageMessage().header(task.title()).description(task.purpose());
    spec.defaultValueProvider(
        option -> option instanceof OptionSpec o ? fallback(task.defaults(), o) : null);
    // The values that are allowed depend on the task.
    OptionSpec rules = spec.findOption("--rule");
    spec.remove(rules);
    spec.addOption(
        OptionSpec.builder(rules)
            .completionCandidates(Rules.fitting(task.kappa().isPresent()))
            .build());
    OptionSpec hidden = spec.findOption("--hidden");
    spec.remove(hidden);
    spec.addOption(
        OptionSpec.builder(hidden)
            .converters(new WholeNumber(task.demand().leastHidden(), task.demand().mostHidden()))
            .build());
    return new CommandLine(spec);
  }

  private static @org.jspecify.annotations.Nullable String fallback(
      SequenceTask.Settings d, OptionSpec option) {
    return switch (option.longestName()) {
      case "--epochs" -> Integer.toString(d.epochs());
      case "--steps" -> Integer.toString(d.steps());
      case "--batch" -> Integer.toString(d.batch());
      case "--hidden" -> Integer.toString(d.hidden());
      case "--lr" -> Double.toString(d.lr());
      case "--rule" -> d.rules().stream().map(Words::of).collect(Collectors.joining(","));
      case "--out" -> d.out().toString();
      default -> null; // as it is declared
    };
  }

  abstract int steps();

  abstract int layers();

  /**
   * Returns the settings that were asked for.
   *
   * @throws ParameterException when the rules or the sizes do not fit
   */
  public SequenceTask.Settings settings() {
    refuse(course.rules.misfit(task.kappa().isPresent()).map(m -> "--rule " + m));
    SequenceTask.Settings settings =
        new SequenceTask.Settings(
            course.epochs,
            steps(),
            update.batch,
            hidden.value,
            layers(),
            update.lr,
            course.rules.all(),
            seed.value,
            course.out,
            course.threads.orElse(Runtime.getRuntime().availableProcessors()));
    refuse(task.sizes(settings).refusal(spec.optionsMap().keySet()));
    return settings;
  }

  private void refuse(Optional<String> reason) {
    if (reason.isPresent()) {
      throw new ParameterException(spec.commandLine(), reason.get());
    }
  }

  @Override
  public Integer call() throws IOException {
    SequenceTask.Settings settings = settings();
    try {
      OutputFolder.prepare(settings.out(), Results.files(settings.out(), task.metrics()));
    } catch (IOException e) {
      throw new ParameterException(spec.commandLine(), "--out " + e.getMessage(), e);
    }
    if (json.isGiven()) {
      List<TrainingResult> curves = SequenceJob.run(task, settings, terminal.withResultsOnErr());
      terminal.out().println(TrainJson.of(task, settings, curves));
    } else {
      SequenceJob.run(task, settings, terminal);
    }
    return ExitCode.OK;
  }
}
