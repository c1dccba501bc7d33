package dev.engram.cli.inspect;

import dev.engram.cli.option.CommaList;
import dev.engram.cli.option.FilePaths;
import dev.engram.cli.option.Words;
import dev.engram.cli.terminal.Terminal;
import dev.engram.cli.text.JsonObject;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.checks.DidYouMean;
import dev.engram.ir.passes.Bisect;
import dev.engram.ir.passes.Pass;
import dev.engram.ir.passes.PassVerifier;
import dev.engram.ir.passes.Pipeline;
import dev.engram.text.Passes;
import dev.engram.text.RunLine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs passes on graphs from a file: {@code engram opt}. */
@Command(
    name = Opt.NAME,
    header = Opt.HEADER,
    description =
        "Runs passes on the graphs of a file and prints the resulting graphs. A class is a pass"
            + " when it has a method `public static Graph run(Graph g)`. With --bisect it prints"
            + " only the first pass after which the interpreter computes different results, with"
            + " the graph before and after it; inputs are those of the graph's first `// run:` line"
            + " in the file, else random. With --trace it first prints each firing of a rewrite"
            + " rule: the graph, the round, the pass, the rule, the equation that it fired on, its"
            + " replacement, and the source line; then how often each rule fired.")
public final class Opt implements Callable<Integer> {
  /** Its name on the command line. */
  public static final String NAME = "opt";

  /** Its line in the list of commands. */
  public static final String HEADER =
      "run passes on the graphs of a file, or find the pass that breaks them";

  private static final List<String> MEANS_ANOTHER_FUNCTION = List.of("jvp", "vjp", "batch");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "FILE.ir",
      converter = FilePaths.OfFile.class,
      description = "graphs in text form")
  private Path path = Path.of("");

  @Option(
      names = "--passes",
      order = 0,
      paramLabel = "A,B,C",
      converter = CommaList.Reader.class,
      completionCandidates = Known.class,
      description = {
        "the passes, in this order (default standard): classes, or these:",
        "${COMPLETION-CANDIDATES}"
      })
  private CommaList passes = new CommaList(List.of());

  @Option(
      names = "--bisect",
      order = 1,
      description = "find the first pass after which the results change")
  private boolean bisect;

  @Option(
      names = "--trace",
      order = 1,
      description = "print which rule fired where, and how often each did")
  private boolean trace;

  @Mixin private final Print.Options form = new Print.Options();
  @Mixin private final UserCode.Options user = new UserCode.Options();
  @Mixin private final UserCode.OpsOption ops = new UserCode.OpsOption();
  @Mixin private final Inputs.Seed seed = new Inputs.Seed();

  private final Terminal terminal;

  public Opt(Terminal terminal) {
    this.terminal = terminal;
  }

  private static final class Known implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Passes.all().keySet().iterator();
    }
  }

  @Override
  public Integer call() throws IOException {
    Print print = form.print(spec.commandLine());
    checkNames();
    checkTrace(print);
    UserCode code = new UserCode(user.classPath());
    GraphFile file = GraphFile.read(path, code.ops(ops.words()));
    Pipeline pipeline = pipeline(passes.all(), code);
    try {
      if (bisect) {
        bisect(print, file, pipeline);
      } else {
        run(print, file, pipeline);
      }
    } catch (EngramException e) {
      throw new IOException(file.path() + ": " + e.getMessage(), e);
    }
    return ExitCode.OK;
  }

  private void run(Print print, GraphFile file, Pipeline pipeline) {
    RuleTrace rules = new RuleTrace();
    List<Piece> graphs = new ArrayList<>();
    for (Graph g : file.graphs()) {
      graphs.add(new Piece.Of(pipeline.run(g, trace ? rules : PassVerifier::after)));
    }
    if (form.isJson()) {
      JsonObject o = new JsonObject().put("programs", print.objects(graphs));
      terminal.out().println(trace ? rules.into(o) : o);
    } else {
      List<Piece> all = new ArrayList<>(trace ? rules.pieces() : List.of());
      all.addAll(graphs);
      terminal.out().print(print.of(all));
    }
  }

  private void checkTrace(Print print) {
    if (trace && bisect) {
      throw new ParameterException(
          spec.commandLine(), "--trace and --bisect exclude each other; leave one of them out");
    }
    if (trace && print.isDiagram()) {
      throw new ParameterException(spec.commandLine(), "--trace needs --format text or exact");
    }
  }

  private void checkNames() {
    Set<String> known = Passes.all().keySet();
    for (String name : passes.all()) {
      if (!name.contains(".") && !known.contains(name)) {
        throw new ParameterException(
            spec.commandLine(),
            "--passes names '"
                + Words.shown(name)
                + "', expected some of "
                + String.join(", ", known)
                + ", or a class"
                + DidYouMean.hint(name, known));
      }
      if (bisect && MEANS_ANOTHER_FUNCTION.contains(name)) {
        throw new ParameterException(
            spec.commandLine(),
            "--bisect compares results, and " + name + " makes a graph with different results");
      }
    }
  }

  private static Pipeline pipeline(List<String> names, UserCode code) throws IOException {
    if (names.isEmpty()) {
      return Pipeline.standard();
    }
    List<Pass> passes = new ArrayList<>();
    for (String name : names) {
      switch (name) {
        case "standard" -> passes.addAll(Pipeline.standard().passes());
        case "keepingRules" -> passes.addAll(Pipeline.keepingRules().passes());
        default -> passes.add(name.contains(".") ? code.pass(name) : named(name));
      }
    }
    boolean whole = names.equals(List.of("standard"));
    return whole ? Pipeline.standard() : new Pipeline(passes, 1);
  }

  private static Pass named(String name) {
    return Pipeline.standard().passes().stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseGet(() -> Pass.transformation(name, Passes.all().get(name)));
  }

  private void bisect(Print print, GraphFile file, Pipeline pipeline) throws IOException {
    List<String> wrong = new ArrayList<>();
    List<JsonObject> objects = new ArrayList<>();
    for (Graph g : file.graphs()) {
      Optional<Bisect.Culprit> found =
          Bisect.first(pipeline, g, file.arguments(g, seed.value()), RunLine::near);
      found.ifPresent(c -> wrong.add(c.pass().name()));
      if (form.isJson()) {
        objects.add(verdict(print, g, found));
      } else if (found.isEmpty()) {
        terminal.out().println("@" + g.name() + ": every pass keeps the results");
      } else {
        terminal.out().print(print.of(shown(g, found.get())));
      }
    }
    if (form.isJson()) {
      terminal.out().println(new JsonObject().put("graphs", objects));
    }
    if (!wrong.isEmpty()) {
      throw new IOException(file.path() + ": results change after " + String.join(", ", wrong));
    }
  }

  private static JsonObject verdict(Print print, Graph g, Optional<Bisect.Culprit> found) {
    JsonObject o = new JsonObject().put("graph", g.name()).put("keepsResults", found.isEmpty());
    found.ifPresent(
        c ->
            o.put("pass", c.pass().name())
                .put("round", c.round() + 1L)
                .put("what", c.what())
                .put("before", print.of(List.of(new Piece.Of(c.before()))))
                .put("after", print.of(List.of(new Piece.Of(c.after())))));
    return o;
  }

  private static List<Piece> shown(Graph g, Bisect.Culprit c) {
    return List.of(
        new Piece.Note(
            "@%s: %s in round %d: %s"
                .formatted(g.name(), c.pass().name(), c.round() + 1, c.what())),
        new Piece.Note("before"),
        new Piece.Of(c.before()),
        new Piece.Note("after"),
        new Piece.Of(c.after()));
  }
}
