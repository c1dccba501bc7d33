package dev.engram.cli.inspect;

import dev.engram.Compiler;
import dev.engram.cli.option.FilePaths;
import dev.engram.cli.option.JsonOption;
import dev.engram.cli.option.Words;
import dev.engram.cli.terminal.Terminal;
import dev.engram.cli.text.JsonObject;
import dev.engram.cli.text.RunLine;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.passes.Pipeline;
import dev.engram.ir.text.Parser;
import dev.engram.lower.Backend;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.RunOperands;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Runs graphs from a file: {@code engram run}. */
@Command(
    name = Run.NAME,
    header = Run.HEADER,
    description =
        "Runs graphs of a file. With --inputs, it runs a graph on these; without, it checks every"
            + " line `// run: @f(inputs) == results` of the file. If there is no such line, it runs"
            + " the first graph on random inputs.")
public final class Run implements Callable<Integer> {
  /** Its name on the command line. */
  public static final String NAME = "run";

  /** Its line in the list of commands. */
  public static final String HEADER = "run the graphs of a file";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "FILE.ir",
      converter = FilePaths.OfFile.class,
      description = "graphs in text form")
  private Path path = Path.of("");

  @Option(
      names = "--inputs",
      order = 10,
      paramLabel = "VALUES",
      description = "one value for each parameter, such as '[1, 2], 0.5'")
  private Optional<String> inputs = Optional.empty();

  @Option(names = "--graph", order = 20, paramLabel = "NAME", description = "the graph to run")
  private Optional<String> graph = Optional.empty();

  @Option(
      names = "--backend",
      order = 30,
      paramLabel = "NAME",
      completionCandidates = Backends.class,
      description = {
        "a backend from --class-path, or one of these (default ${DEFAULT-VALUE}):",
        "${COMPLETION-CANDIDATES}"
      })
  private String backend = Compiler.standard().backend();

  @Mixin private final UserCode.Options user = new UserCode.Options();
  @Mixin private final UserCode.OpsOption ops = new UserCode.OpsOption();
  @Mixin private final Inputs.Seed seed = new Inputs.Seed();

  @Mixin private final JsonOption json = new JsonOption();

  private final Terminal terminal;

  public Run(Terminal terminal) {
    this.terminal = terminal;
  }

  private static final class Backends implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Compiler.backends().iterator();
    }
  }

  @Override
  public Integer call() throws IOException {
    // Backends of the user are known only after the class path has been read.
    if (!spec.commandLine().getParseResult().hasMatchedOption("--class-path")) {
      knownBackend();
    }
    UserCode code = new UserCode(user.classPath());
    GraphFile file = GraphFile.read(path, code.ops(ops.words()));
    RunLine.Runner runner = runner(backend, code);
    try {
      List<RunLine> lines =
          file.text().lines().map(RunLine::parse).flatMap(Optional::stream).toList();
      if (inputs.isEmpty() && graph.isEmpty() && !lines.isEmpty()) {
        check(file, lines, runner);
      } else {
        once(file, runner);
      }
    } catch (EngramException e) {
      throw new IOException(file.path() + ": " + e.getMessage(), e);
    }
    return ExitCode.OK;
  }

  private void knownBackend() {
    try {
      Words.oneOf(Compiler.backends(), backend);
    } catch (TypeConversionException e) {
      throw new ParameterException(spec.commandLine(), "--backend " + e.getMessage(), e);
    }
  }

  private static RunLine.Runner runner(String name, UserCode code) throws IOException {
    if (Compiler.backends().contains(name)) {
      Compiler compiler = new Compiler(name);
      return (g, in) -> compiler.compile(g).run(in);
    }
    Backend backend = code.backend(name);
    return (g, in) -> {
      Graph simplified = Pipeline.standard().run(g);
      LoopProgram program = Lowering.lower(simplified, List.of(), backend.lowering());
      return RunOperands.run(backend, program, in);
    };
  }

  private void check(GraphFile file, List<RunLine> lines, RunLine.Runner runner)
      throws IOException {
    int wrong = 0;
    List<JsonObject> checked = new ArrayList<>();
    for (RunLine line : lines) {
      String got = line.answer(file.graphs(), runner);
      boolean right = got.equals(line.toString());
      wrong += right ? 0 : 1;
      if (json.isGiven()) {
        checked.add(
            new JsonObject().put("line", line.toString()).put("holds", right).put("is", got));
      } else {
        print(file, line, got, right);
      }
    }
    if (json.isGiven()) {
      terminal.out().println(new JsonObject().put("backend", backend).put("lines", checked));
    }
    if (wrong > 0) {
      throw new IOException(
          file.path() + ": " + wrong + " of " + lines.size() + " run lines do not hold");
    }
  }

  private void print(GraphFile file, RunLine line, String got, boolean right) {
    terminal.out().println((right ? "ok    " : "WRONG ") + line);
    if (!right) {
      terminal.out().println("   is " + got);
      line.allowance(file.graphs()).ifPresent(a -> terminal.out().println("   ~= is " + a));
    }
  }

  private void once(GraphFile file, RunLine.Runner runner) throws IOException {
    Graph g = chosen(file);
    List<HostTensor> in =
        inputs.isPresent()
            ? Parser.values(inputs.get(), g.paramTypes())
            : Inputs.random(g.paramTypes(), seed.value());
    if (json.isGiven()) {
      terminal
          .out()
          .println(
              new JsonObject()
                  .put("backend", backend)
                  .put("graph", g.name())
                  .put("inputs", in.stream().map(Run::object).toList())
                  .put("outputs", runner.run(g, in).stream().map(Run::object).toList()));
    } else {
      terminal.out().println("@" + g.name() + " on " + backend);
      print("in ", in);
      print("out", runner.run(g, in));
    }
  }

  private static JsonObject object(HostTensor t) {
    return new JsonObject().put("type", t.type().toString()).put("elements", t);
  }

  private void print(String what, List<HostTensor> tensors) {
    for (int i = 0; i < tensors.size(); i++) {
      terminal.out().println("  " + what + " " + i + ": " + tensors.get(i));
    }
  }

  private Graph chosen(GraphFile file) throws IOException {
    if (graph.isEmpty()) {
      return file.graphs().getFirst();
    }
    String name = graph.get().replaceFirst("^@", "");
    for (Graph g : file.graphs()) {
      if (g.name().equals(name)) {
        return g;
      }
    }
    List<String> names = file.graphs().stream().map(Graph::name).toList();
    throw new IOException(
        file.path() + ": there is no graph @" + name + ", expected one of " + names);
  }
}
