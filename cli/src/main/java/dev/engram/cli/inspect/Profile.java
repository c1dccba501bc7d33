package dev.engram.cli.inspect;

import dev.engram.cli.option.FilePaths;
import dev.engram.cli.option.JsonOption;
import dev.engram.cli.option.PositiveNumber;
import dev.engram.cli.option.WholeNumber;
import dev.engram.cli.option.Words;
import dev.engram.cli.terminal.Terminal;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.text.Parser;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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

/** Shows where the time of a program goes: {@code engram profile}. */
@Command(
    name = Profile.NAME,
    header = Profile.HEADER,
    description =
        "Prints where the time of a program goes: for each loop nest its time, calls, bytes and"
            + " your line, those with the most time first. It runs the training step of `engram"
            + " train copying`, a graph of a file, or the main method of a class; or it reads a"
            + " recording of the JDK Flight Recorder. A graph runs on --inputs, else on those of"
            + " its first line `// run:` in the file, else on random ones.")
public final class Profile implements Callable<Integer> {
  /** Its name on the command line. */
  public static final String NAME = "profile";

  /** Its line in the list of commands. */
  public static final String HEADER = "print where the time of a program goes, nest by nest";

  private static final List<String> OF_THE_TASK =
      List.of("--lag", "--batch", "--hidden", "--layers", "--lr", "--rule");
  private static final List<String> OF_A_FILE =
      List.of("--inputs", "--graph", "--backend", "--ops");
  private static final List<String> OF_A_LOOP = List.of("--runs", "--seconds");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "FILE.ir | FILE.jfr | CLASS",
      arity = "0..1",
      converter = SourceReader.class,
      description = "graphs in text form, a recording, or the name of a class with a main method")
  private Optional<Source> source = Optional.empty();

  @Option(
      names = "--runs",
      order = 1,
      paramLabel = "N",
      converter = Runs.class,
      description = "runs to record (default: as many as --seconds take)")
  private Optional<Integer> runs = Optional.empty();

  @Option(
      names = "--seconds",
      order = 2,
      paramLabel = "X",
      converter = Seconds.class,
      defaultValue = "5.0",
      description = "time to record, after as long a warm-up (default ${DEFAULT-VALUE})")
  private double seconds = 5;

  @Option(
      names = "--top",
      order = 3,
      paramLabel = "N",
      converter = Lines.class,
      defaultValue = "20",
      description = "nests with a line of their own (default ${DEFAULT-VALUE})")
  private int top = 20;

  @Option(
      names = "--inputs",
      order = 10,
      paramLabel = "VALUES",
      description = "one value for each parameter, such as '[1, 2], 0.5'")
  private Optional<String> inputs = Optional.empty();

  @Option(names = "--graph", order = 11, paramLabel = "NAME", description = "the graph to run")
  private Optional<String> graph = Optional.empty();

  @Mixin private final BackendOption backend = new BackendOption();
  @Mixin private final CopyingStepOptions step = new CopyingStepOptions();

  @Mixin private final UserCode.Options code = new UserCode.Options();
  @Mixin private final UserCode.OpsOption ops = new UserCode.OpsOption();
  @Mixin private final JsonOption json = new JsonOption();

  private final Terminal terminal;

  public Profile(Terminal terminal) {
    this.terminal = terminal;
  }

  /** What is profiled; the copying task where nothing is named. */
  private sealed interface Source {
    record OfGraphs(Path path) implements Source {}

    record OfRecording(Path path) implements Source {}

    record OfClass(String name) implements Source {}
  }

  private static final class SourceReader implements ITypeConverter<Source> {
    @Override
    public Source convert(String word) {
      if (word.endsWith(".ir")) {
        return new Source.OfGraphs(FilePaths.file(word));
      }
      if (word.endsWith(".jfr")) {
        return new Source.OfRecording(FilePaths.file(word));
      }
      if (!Dump.CLASS_NAME.matcher(word).matches()) {
        throw new TypeConversionException(
            "'"
                + Words.shown(word)
                + "' is neither the name of a class nor a file that ends in .ir or .jfr");
      }
      return new Source.OfClass(word);
    }
  }

  private static final class Runs extends WholeNumber {
    Runs() {
      super(1, 1_000_000_000);
    }
  }

  private static final class Lines extends WholeNumber {
    Lines() {
      super(1, 1_000_000);
    }
  }

  private static final class Seconds extends PositiveNumber {
    Seconds() {
      super(1e6);
    }
  }

  @Override
  public Integer call() throws IOException {
    checkOptions();
    RecordedProfile profile;
    try {
      profile = profile();
    } catch (EngramException e) {
      throw new IOException(e.getMessage(), e);
    }
    if (profile.programs().isEmpty()) {
      throw new IOException(nothing());
    }
    if (json.isGiven()) {
      terminal.out().println(ProfileJson.of(profile));
    } else {
      terminal.out().print(new ProfileTable(profile, top));
    }
    return ExitCode.OK;
  }

  private void checkOptions() {
    boolean task = source.isEmpty();
    boolean file = source.isPresent() && source.get() instanceof Source.OfGraphs;
    refuse(!task, OF_THE_TASK, "is for the copying task; leave out what is profiled instead");
    refuse(!file, OF_A_FILE, "needs a graph from a file");
    refuse(!task && !file, OF_A_LOOP, "needs the copying task or a graph from a file");
    if (file) {
      backend.check(spec.commandLine());
    }
  }

  private void refuse(boolean wrong, List<String> options, String message) {
    for (String option : options) {
      if (wrong && spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw new ParameterException(spec.commandLine(), option + " " + message);
      }
    }
  }

  private RecordedProfile profile() throws IOException {
    if (source.isEmpty()) {
      return steady(Workload.copying(step.settings()));
    }
    return switch (source.get()) {
      case Source.OfGraphs f -> steady(graph(f.path()));
      case Source.OfRecording r -> RecordedProfile.read(r.path());
      case Source.OfClass c -> {
        Method main = main(c.name());
        yield RecordedProfile.of(() -> UserCode.run(main));
      }
    };
  }

  /** Records after a warm-up, in which the JVM compiles what it will run: the counting, too. */
  private RecordedProfile steady(Workload work) throws IOException {
    RecordedProfile _ = RecordedProfile.of(() -> work.run(seconds));
    return RecordedProfile.of(
        () -> runs.ifPresentOrElse(n -> work.run((int) n), () -> work.run(seconds)));
  }

  private Workload graph(Path path) throws IOException {
    UserCode users = new UserCode(code.classPath());
    GraphFile file = GraphFile.read(path, users.ops(ops.words()));
    Graph g = file.named(graph);
    List<HostTensor> in =
        inputs.isPresent()
            ? Parser.values(inputs.get(), g.paramTypes())
            : file.arguments(g, step.seed());
    BackendOption.Code compiled = backend.compiler(users).compile(g);
    return () -> compiled.run(in);
  }

  private Method main(String name) throws IOException {
    Class<?> c = UserCode.load(name, code.classPath());
    return Stream.of(c.getMethods())
        .filter(m -> m.getName().equals("main"))
        .filter(m -> List.of(m.getParameterTypes()).equals(List.of(String[].class)))
        .findFirst()
        .orElseThrow(() -> new IOException(c.getName() + " has no main method to run"));
  }

  private String nothing() {
    if (source.isEmpty()) {
      return "the backend of the task tells the Flight Recorder of no nests";
    }
    return switch (source.get()) {
      case Source.OfGraphs f ->
          f.path()
              + ": the backend "
              + backend.backend()
              + " tells the Flight Recorder of no nests; take cpu";
      case Source.OfRecording r ->
          r.path()
              + ": no event dev.engram.Program in it; record a process that runs compiled"
              + " programs, such as with -XX:StartFlightRecording";
      case Source.OfClass c -> c.name() + " ran and no compiled program did";
    };
  }
}
