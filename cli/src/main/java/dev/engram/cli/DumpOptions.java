package dev.engram.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What {@code engram dump} was asked to print.
 *
 * @param source where the graph comes from
 * @param stage the stage after which it is printed
 * @param job the sizes and the rule of the copying task's step; the rule is never {@link Rule#BOTH}
 */
record DumpOptions(Source source, DumpStage stage, TrainOptions job) {
  /** Where a graph comes from. */
  sealed interface Source {
    /** The training step of {@code engram train copying}. */
    record CopyingStep() implements Source {}

    /** A graph in text form. */
    record GraphFile(Path path) implements Source {}

    /** A user's class on the class path. */
    record ModelClass(String name) implements Source {}
  }

  /** The rules that have a training step of their own. */
  private enum StepRule {
    D_RTRL,
    BPTT
  }

  private static final Pattern CLASS_NAME =
      Pattern.compile("[\\p{L}_$][\\p{L}\\p{N}_$]*(\\.[\\p{L}_$][\\p{L}\\p{N}_$]*)*");

  static final Option<DumpStage> STAGE =
      new Option<>(
          "--stage",
          "STAGE",
          OptionType.oneOf(DumpStage.class),
          DumpStage.SIMPLIFIED,
          "the stage (default simplified)");
  private static final Option<StepRule> RULE =
      new Option<>(
          "--rule",
          "RULE",
          OptionType.oneOf(StepRule.class),
          StepRule.D_RTRL,
          "d-rtrl or bptt (default d-rtrl)");

  private static final List<Option<?>> MODEL =
      List.of(
          TrainOptions.LAG,
          TrainOptions.BATCH,
          TrainOptions.HIDDEN,
          TrainOptions.LAYERS,
          TrainOptions.LR,
          TrainOptions.SEED,
          RULE);

  static final Syntax SYNTAX =
      new Syntax(
          "engram dump [FILE.ir | CLASS] [OPTIONS]",
          """
          Prints a graph as it is after a stage of the compiler: the training step of
          `engram train copying`, a graph in a file, or the model of a class.\
          """,
          List.of(
              STAGE,
              TrainOptions.LAG,
              TrainOptions.BATCH,
              TrainOptions.HIDDEN,
              TrainOptions.LAYERS,
              TrainOptions.LR,
              TrainOptions.SEED,
              RULE));

  /** Reads the words after {@code dump}. */
  static DumpOptions parse(List<String> words) throws UsageException {
    Syntax.Arguments given = SYNTAX.parse(words);
    List<String> operands = given.operands();
    if (operands.size() > 1) {
      throw new UsageException(
          "one graph at a time, got '" + OptionType.shown(String.join("' and '", operands)) + "'");
    }
    Source source = operands.isEmpty() ? new Source.CopyingStep() : source(operands.getFirst());
    if (source instanceof Source.GraphFile) {
      for (Option<?> option : MODEL) {
        if (given.given(option)) {
          throw new UsageException(option.name() + " has no meaning for a graph from a file");
        }
      }
    }
    DumpStage stage = given.get(STAGE);
    Rule rule = Rule.valueOf(given.get(RULE).name());
    if (stage == DumpStage.ETRACE && rule == Rule.BPTT) {
      throw new UsageException(
          "--stage etrace needs --rule d-rtrl: bptt has no eligibility traces");
    }
    return new DumpOptions(source, stage, TrainOptions.from(given, rule));
  }

  private static Source source(String word) throws UsageException {
    if (word.endsWith(".ir")) {
      Path path = OptionType.path().read(word);
      if (!Files.isRegularFile(path)) {
        throw new UsageException(
            "cannot read " + path + (Files.exists(path) ? ": not a file" : ": no such file"));
      }
      if (!Files.isReadable(path)) {
        throw new UsageException("cannot read " + path + ": permission denied");
      }
      return new Source.GraphFile(path);
    }
    if (!CLASS_NAME.matcher(word).matches()) {
      throw new UsageException(
          "'"
              + OptionType.shown(word)
              + "' is neither the name of a class nor a file that ends in .ir");
    }
    return new Source.ModelClass(word);
  }
}
