package dev.engram.cli.inspect;

import dev.engram.cli.option.FilePaths;
import dev.engram.cli.option.JsonOption;
import dev.engram.cli.terminal.Terminal;
import dev.engram.cli.text.JsonObject;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.text.Parser;
import dev.engram.text.RunLine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

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

  @Option(names = "--graph", order = 11, paramLabel = "NAME", description = "the graph to run")
  private Optional<String> graph = Optional.empty();

  @Mixin private final BackendOption backend = new BackendOption();
  @Mixin private final UserCode.Options user = new UserCode.Options();
  @Mixin private final UserCode.OpsOption ops = new UserCode.OpsOption();
  @Mixin private final Inputs.Seed seed = new Inputs.Seed();

  @Mixin private final JsonOption json = new JsonOption();

  private final Terminal terminal;

  public Run(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    backend.check(spec.commandLine());
    UserCode code = new UserCode(user.classPath());
    GraphFile file = GraphFile.read(path, code.ops(ops.words()));
    BackendOption.GraphCompiler compiler = backend.compiler(code);
    RunLine.Runner runner = (g, in) -> compiler.compile(g).run(in);
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
      terminal
          .out()
          .println(new JsonObject().put("backend", backend.backend()).put("lines", checked));
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
    Graph g = file.named(graph);
    List<HostTensor> in =
        inputs.isPresent()
            ? Parser.values(inputs.get(), g.paramTypes())
            : Inputs.random(g.paramTypes(), seed.value());
    if (json.isGiven()) {
      terminal
          .out()
          .println(
              new JsonObject()
                  .put("backend", backend.backend())
                  .put("graph", g.name())
                  .put("inputs", in.stream().map(Run::object).toList())
                  .put("outputs", runner.run(g, in).stream().map(Run::object).toList()));
    } else {
      terminal.out().println("@" + g.name() + " on " + backend.backend());
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
}
