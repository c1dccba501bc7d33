package dev.engram.cli.inspect;

import dev.engram.cli.option.Choice;
import dev.engram.cli.option.FilePaths;
import dev.engram.cli.option.Words;
import dev.engram.cli.terminal.Terminal;
import dev.engram.cli.text.JsonObject;
import dev.engram.cli.train.problem.Learning;
import dev.engram.ir.passes.Pass;
import dev.engram.ir.passes.Pipeline;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Prints a program after a stage of the compiler: {@code engram dump}. */
@Command(
    name = Dump.NAME,
    header = Dump.HEADER,
    description =
        "Prints a program after a stage of the compiler: the training step of `engram"
            + " train copying`, the graphs of a file, or what a class compiles. A class with a main"
            + " method is run, and every graph that it compiles is printed. A model is made with"
            + " --new, as in `engram dump LeakyCell --new 2,3 --input f32[2]`; a RandomKey comes"
            + " from --seed.")
public final class Dump implements Callable<Integer> {
  /** Its name on the command line. */
  public static final String NAME = "dump";

  /** Its line in the list of commands. */
  public static final String HEADER = "print a program after a stage of the compiler";

  static final Pattern CLASS_NAME =
      Pattern.compile("[\\p{L}_$][\\p{L}\\p{N}_$]*(\\.[\\p{L}_$][\\p{L}\\p{N}_$]*)*");

  private static final List<String> PASSES =
      Pipeline.standard().passes().stream().map(Pass::name).toList();

  /** Options that have no meaning for a graph from a file. */
  private static final List<String> OF_THE_TASK =
      List.of("--lag", "--batch", "--hidden", "--layers", "--lr", "--seed", "--rule");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "FILE.ir | CLASS",
      arity = "0..1",
      converter = SourceReader.class,
      description = "graphs in text form, or the name of a class")
  private Optional<DumpOptions.Source> source = Optional.empty();

  @Option(
      names = "--stage",
      order = 1,
      paramLabel = "STAGE",
      converter = Stages.class,
      completionCandidates = Stages.class,
      defaultValue = "simplified",
      description = {"the stage (default ${DEFAULT-VALUE}):", "${COMPLETION-CANDIDATES}"})
  private DumpStage stage = DumpStage.SIMPLIFIED;

  @Mixin private final Print.Options form = new Print.Options();

  @Option(
      names = "--before",
      order = 4,
      paramLabel = "PASS",
      converter = PassName.class,
      completionCandidates = PassName.class,
      description = {"the graph before each run of this pass:", "${COMPLETION-CANDIDATES}"})
  private Optional<String> before = Optional.empty();

  @Option(
      names = "--after",
      order = 5,
      paramLabel = "PASS",
      converter = PassName.class,
      completionCandidates = PassName.class,
      description = "the graph after each run of this pass that changes it")
  private Optional<String> after = Optional.empty();

  @Mixin private final CopyingStepOptions step = new CopyingStepOptions();

  @Mixin private final UserModel.Options model = new UserModel.Options();
  @Mixin private final UserCode.Options code = new UserCode.Options();
  @Mixin private final UserCode.OpsOption ops = new UserCode.OpsOption();

  private final Terminal terminal;

  public Dump(Terminal terminal) {
    this.terminal = terminal;
  }

  private static final class Stages extends Choice<DumpStage> {
    Stages() {
      super(List.of(DumpStage.values()));
    }
  }

  private static final class PassName implements ITypeConverter<String>, Iterable<String> {
    @Override
    public String convert(String text) {
      return Words.oneOf(PASSES, text);
    }

    @Override
    public Iterator<String> iterator() {
      return PASSES.iterator();
    }
  }

  private static final class SourceReader implements ITypeConverter<DumpOptions.Source> {
    @Override
    public DumpOptions.Source convert(String word) {
      if (word.endsWith(".ir")) {
        return new DumpOptions.Source.GraphFile(FilePaths.file(word));
      }
      if (!CLASS_NAME.matcher(word).matches()) {
        throw new TypeConversionException(
            "'"
                + Words.shown(word)
                + "' is neither the name of a class nor a file that ends in .ir");
      }
      return new DumpOptions.Source.ModelClass(word);
    }
  }

  @Override
  public Integer call() throws IOException {
    DumpOptions options = options();
    List<Piece> pieces = new StepDump(options).pieces();
    if (form.isJson()) {
      terminal
          .out()
          .println(
              new JsonObject()
                  .put("stage", Words.of(options.stage()))
                  .put("programs", options.print().objects(pieces)));
    } else {
      terminal.out().print(options.print().of(pieces));
    }
    return ExitCode.OK;
  }

  /**
   * Returns what was asked for.
   *
   * @throws ParameterException when the options contradict each other
   */
  public DumpOptions options() {
    DumpOptions options =
        new DumpOptions(
            source.orElse(new DumpOptions.Source.CopyingStep()),
            stage,
            step.settings(),
            form.print(spec.commandLine()),
            new DumpOptions.Around(before, after),
            model.setup(code.classPath()),
            ops.words());
    boolean file = options.source() instanceof DumpOptions.Source.GraphFile;
    for (String option : OF_THE_TASK) {
      refuse(file && isGiven(option), option + " has no meaning for a graph from a file");
    }
    refuse(isGiven("--ops") && !file, "--ops needs a graph from a file");
    refuse(
        stage == DumpStage.ETRACE && step.rule() == Learning.BPTT,
        "--stage etrace needs --rule d-rtrl: bptt has no eligibility traces");
    refuse(
        options.print().isDiagram() && stage.isCode(),
        "--stage %s has no diagram; leave out --format".formatted(Words.of(stage)));
    refuse(
        options.passes().isAsked() && isGiven("--stage") && stage != DumpStage.SIMPLIFIED,
        "--before and --after show passes of --stage simplified");
    return options;
  }

  private boolean isGiven(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  private void refuse(boolean wrong, String message) {
    if (wrong) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }
}
