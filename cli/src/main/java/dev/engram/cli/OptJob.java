package dev.engram.cli;

import dev.engram.cli.text.Passes;
import dev.engram.cli.text.RunLine;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.passes.Bisect;
import dev.engram.ir.passes.Pass;
import dev.engram.ir.passes.PassVerifier;
import dev.engram.ir.passes.Pipeline;
import dev.engram.ir.text.Parser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs passes on graphs from a file: {@code engram opt}. */
final class OptJob implements Job<OptOptions> {

  @Override
  public void run(OptOptions options, Terminal terminal) throws IOException {
    UserCode code = new UserCode(options.classPath());
    GraphFile file = GraphFile.read(options.file(), code.ops(options.ops()));
    Pipeline passes = pipeline(options, code);
    try {
      if (options.bisect()) {
        bisect(options, file, passes, terminal);
        return;
      }
      List<Piece> out = new ArrayList<>();
      for (Graph g : file.graphs()) {
        out.add(new Piece.Of(passes.run(g, PassVerifier::after)));
      }
      terminal.out().print(options.print().of(out));
    } catch (EngramException e) {
      throw new IOException(file.path() + ": " + e.getMessage(), e);
    }
  }

  private static Pipeline pipeline(OptOptions options, UserCode code) throws IOException {
    if (options.passes().isEmpty()) {
      return Pipeline.standard();
    }
    List<Pass> passes = new ArrayList<>();
    for (String name : options.passes()) {
      switch (name) {
        case "standard" -> passes.addAll(Pipeline.standard().passes());
        case "keepingRules" -> passes.addAll(Pipeline.keepingRules().passes());
        default -> passes.add(name.contains(".") ? code.pass(name) : named(name));
      }
    }
    boolean whole = options.passes().equals(List.of("standard"));
    return whole ? Pipeline.standard() : new Pipeline(passes, 1);
  }

  private static Pass named(String name) {
    return Pipeline.standard().passes().stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseGet(() -> Pass.transformation(name, Passes.all().get(name)));
  }

  private static void bisect(OptOptions options, GraphFile file, Pipeline passes, Terminal terminal)
      throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Graph g : file.graphs()) {
      Optional<Bisect.Culprit> found =
          Bisect.first(passes, g, arguments(options, file, g), RunLine::near);
      if (found.isEmpty()) {
        terminal.out().println("@" + g.name() + ": every pass keeps the results");
        continue;
      }
      Bisect.Culprit c = found.get();
      String title =
          "@%s: %s in round %d: %s".formatted(g.name(), c.pass().name(), c.round() + 1, c.what());
      wrong.add(c.pass().name());
      terminal
          .out()
          .print(
              options
                  .print()
                  .of(
                      List.of(
                          new Piece.Note(title),
                          new Piece.Note("before"),
                          new Piece.Of(c.before()),
                          new Piece.Note("after"),
                          new Piece.Of(c.after()))));
    }
    if (!wrong.isEmpty()) {
      throw new IOException(file.path() + ": results change after " + String.join(", ", wrong));
    }
  }

  private static List<HostTensor> arguments(OptOptions options, GraphFile file, Graph g) {
    return file.text()
        .lines()
        .map(RunLine::parse)
        .flatMap(Optional::stream)
        .filter(l -> l.graph().equals(g.name()))
        .findFirst()
        .map(l -> Parser.values(l.arguments(), g.paramTypes()))
        .orElseGet(() -> Inputs.random(g.paramTypes(), options.seed()));
  }
}
