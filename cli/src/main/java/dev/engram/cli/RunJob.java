package dev.engram.cli;

import dev.engram.Compiler;
import dev.engram.cli.text.RunLine;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.passes.Pipeline;
import dev.engram.ir.text.Parser;
import dev.engram.lower.Backend;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs graphs from a file: {@code engram run}. */
final class RunJob implements Job<RunOptions> {

  @Override
  public void run(RunOptions options, Terminal terminal) throws IOException {
    UserCode code = new UserCode(options.classPath());
    GraphFile file = GraphFile.read(options.file(), code.ops(options.ops()));
    RunLine.Runner runner = runner(options.backend(), code);
    try {
      List<RunLine> lines =
          file.text().lines().map(RunLine::parse).flatMap(Optional::stream).toList();
      if (options.inputs().isEmpty() && options.graph().isEmpty() && !lines.isEmpty()) {
        check(file, lines, runner, terminal);
      } else {
        once(options, file, runner, terminal);
      }
    } catch (EngramException e) {
      throw new IOException(file.path() + ": " + e.getMessage(), e);
    }
  }

  private static RunLine.Runner runner(String name, UserCode code) throws IOException {
    if (Compiler.backends().contains(name)) {
      Compiler compiler = new Compiler(name);
      return (g, in) -> compiler.compile(g).run(in);
    }
    Backend backend = code.backend(name);
    return (g, in) -> {
      LoopProgram program = Lowering.lower(Pipeline.standard().run(g));
      List<HostTensor> out = new ArrayList<>();
      program.outputs().forEach(b -> out.add(HostTensor.allocate(program.buffers().get(b).type())));
      backend.compile(program).run(in, out);
      return out;
    };
  }

  private static void check(
      GraphFile file, List<RunLine> lines, RunLine.Runner runner, Terminal terminal)
      throws IOException {
    int wrong = 0;
    for (RunLine line : lines) {
      String got = line.answer(file.graphs(), runner);
      boolean right = got.equals(line.toString());
      terminal.out().println((right ? "ok    " : "WRONG ") + line);
      if (!right) {
        wrong++;
        terminal.out().println("   is " + got);
        line.allowance(file.graphs()).ifPresent(a -> terminal.out().println("   ~= is " + a));
      }
    }
    if (wrong > 0) {
      throw new IOException(
          file.path() + ": " + wrong + " of " + lines.size() + " run lines do not hold");
    }
  }

  private static void once(
      RunOptions options, GraphFile file, RunLine.Runner runner, Terminal terminal)
      throws IOException {
    Graph g = graph(options, file);
    List<HostTensor> in =
        options.inputs().isPresent()
            ? Parser.values(options.inputs().get(), g.paramTypes())
            : Inputs.random(g.paramTypes(), options.seed());
    terminal.out().println("@" + g.name() + " on " + options.backend());
    print("in ", in, terminal);
    print("out", runner.run(g, in), terminal);
  }

  private static void print(String what, List<HostTensor> tensors, Terminal terminal) {
    for (int i = 0; i < tensors.size(); i++) {
      terminal.out().println("  " + what + " " + i + ": " + tensors.get(i));
    }
  }

  private static Graph graph(RunOptions options, GraphFile file) throws IOException {
    if (options.graph().isEmpty()) {
      return file.graphs().getFirst();
    }
    String name = options.graph().get();
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
