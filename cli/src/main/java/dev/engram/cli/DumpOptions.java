package dev.engram.cli;

import dev.engram.ir.passes.Pass;
import dev.engram.ir.passes.Pipeline;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What {@code engram dump} was asked to print.
 *
 * @param source where the graph comes from
 * @param stage the stage after which it is printed
 * @param job the sizes and the one rule of the copying task's step
 * @param passes only the graphs before and after these passes of the simplification
 * @param model how to make the model of a class
 */
record DumpOptions(
    Source source,
    DumpStage stage,
    TrainOptions job,
    Print print,
    Around passes,
    UserModel.Setup model) {

  /** Passes of the standard pipeline, by name. */
  record Around(Optional<String> before, Optional<String> after) {
    boolean isAsked() {
      return before.isPresent() || after.isPresent();
    }
  }

  /** Where a graph comes from. */
  sealed interface Source {
    /** The training step of {@code engram train copying}. */
    record CopyingStep() implements Source {}

    /** A graph in text form, which may use {@code ops} from outside. */
    record GraphFile(Path path, List<String> ops) implements Source {}

    /** A user's class on the class path. */
    record ModelClass(String name) implements Source {}
  }

  private static final Pattern CLASS_NAME =
      Pattern.compile("[\\p{L}_$][\\p{L}\\p{N}_$]*(\\.[\\p{L}_$][\\p{L}\\p{N}_$]*)*");

  static final Option<DumpStage> STAGE =
      new Option<>(
          "--stage",
          "STAGE",
          OptionType.oneOf(DumpStage.class),
          DumpStage.SIMPLIFIED,
          "the stage (default simplified):\n" + Syntax.listed(OptionType.words(DumpStage.class)));
  private static final Option<Learning> RULE =
      new Option<>(
          "--rule",
          "RULE",
          OptionType.oneOf(List.of(Learning.D_RTRL, Learning.BPTT)),
          Learning.D_RTRL,
          "d-rtrl or bptt (default d-rtrl)");

  private static final List<String> PASSES =
      Pipeline.standard().passes().stream().map(Pass::name).toList();
  private static final OptionType<String> PASS = OptionType.named(PASSES);
  private static final Option<Optional<String>> BEFORE =
      new Option<>(
          "--before",
          "PASS",
          text -> Optional.of(PASS.read(text)),
          Optional.empty(),
          "the graph before each run of this pass:\n" + Syntax.listed(PASSES));
  private static final Option<Optional<String>> AFTER =
      new Option<>(
          "--after",
          "PASS",
          text -> Optional.of(PASS.read(text)),
          Optional.empty(),
          "the graph after each run of this pass that changes it");

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
          Prints a program as it is after a stage of the compiler: the training step of
          `engram train copying`; the graphs of a file; or what a class compiles. A class with a
          main method is run, and every graph that it compiles is printed. A model is made with
          --new, as in `engram dump LeakyCell --new 2,3 --input f32[2]`; a Key is made by --seed.\
          """,
          List.of(
              STAGE,
              Print.FORM,
              Print.GREP,
              BEFORE,
              AFTER,
              TrainOptions.LAG,
              TrainOptions.BATCH,
              TrainOptions.HIDDEN,
              TrainOptions.LAYERS,
              TrainOptions.LR,
              TrainOptions.SEED,
              RULE,
              UserModel.NEW,
              UserModel.INPUT,
              UserCode.CLASS_PATH,
              UserCode.OPS));

  /** Reads the words after {@code dump}. */
  static DumpOptions parse(List<String> words) throws UsageException {
    Syntax.Arguments given = SYNTAX.parse(words);
    List<String> operands = given.operands();
    if (operands.size() > 1) {
      throw new UsageException(
          "one graph at a time, got '" + OptionType.shown(String.join("' and '", operands)) + "'");
    }
    Source source =
        operands.isEmpty()
            ? new Source.CopyingStep()
            : source(operands.getFirst(), given.get(UserCode.OPS));
    if (source instanceof Source.GraphFile) {
      for (Option<?> option : MODEL) {
        if (given.given(option)) {
          throw new UsageException(option.name() + " has no meaning for a graph from a file");
        }
      }
    }
    if (given.given(UserCode.OPS) && !(source instanceof Source.GraphFile)) {
      throw new UsageException("--ops needs a graph from a file");
    }
    DumpStage stage = given.get(STAGE);
    Learning rule = given.get(RULE);
    if (stage == DumpStage.ETRACE && rule == Learning.BPTT) {
      throw new UsageException(
          "--stage etrace needs --rule d-rtrl: bptt has no eligibility traces");
    }
    Print print = Print.from(given);
    if (print.isDiagram() && stage == DumpStage.BYTECODE) {
      throw new UsageException("--stage bytecode has no diagram; leave out --format");
    }
    Around passes = new Around(given.get(BEFORE), given.get(AFTER));
    if (passes.isAsked() && given.given(STAGE) && stage != DumpStage.SIMPLIFIED) {
      throw new UsageException("--before and --after show passes of --stage simplified");
    }
    return new DumpOptions(
        source,
        stage,
        TrainOptions.from(given, List.of(rule)),
        print,
        passes,
        UserModel.Setup.from(given));
  }

  private static Source source(String word, List<String> ops) throws UsageException {
    if (word.endsWith(".ir")) {
      return new Source.GraphFile(GraphFile.path(word), ops);
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
