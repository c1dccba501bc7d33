package dev.engram.testkit;

import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.checks.Given;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.passes.Pass;
import dev.engram.ir.passes.Pipeline;
import dev.engram.ir.text.OpTable;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import dev.engram.lower.Backend;
import dev.engram.lower.Lowering;
import dev.engram.lower.RunOperands;
import dev.engram.sparse.EventProduct;
import dev.engram.text.Passes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Tests golden files: texts of graphs, {@code .ir}, that contain their own expectations. The first
 * line says how a file is tested:
 *
 * <ul>
 *   <li>{@code // test: print}: the graphs print exactly as written;
 *   <li>{@code // test: verify}: they are valid;
 *   <li>{@code // test: verify error}, {@code // test: parse error}: each error is written as
 *       {@code // error: …} on its line;
 *   <li>{@code // test: pass NAME,NAME}: the passes turn the graphs into those after {@code //
 *       ---};
 *   <li>{@code // test: fuse}: the standard passes and lowering turn each graph into the nests
 *       listed after {@code // ---};
 *   <li>{@code // test: run NAME,NAME} or {@code run *}: the lines {@code // run: @f(ARGUMENTS) ==
 *       RESULTS} hold on these runners, to the bit; {@code ~=} up to rounding, {@code fails
 *       "MESSAGE"}, or {@code prints "LINE"};
 *   <li>{@code // test: NAME}: a check of one's own holds, see {@link #withCheck}.
 * </ul>
 *
 * <p>Lines of comment may follow the first. What a file expects need not be written by hand: {@code
 * -Dengram.bless=true} prints how it differs from the results of the code, then rewrites it.
 *
 * <p>Immutable: each {@code with} gives a changed copy.
 *
 * <pre>{@code
 * GoldenFiles.standard().with(MyPass.PASS).checkAll(Path.of("src/test/resources/ir"))
 * }</pre>
 */
public final class GoldenFiles {
  private static final String INTERPRETER = "interp";
  private static final String TEXT = "text";

  /** Runs a graph. */
  @FunctionalInterface
  public interface Run {
    /** Returns the results for one tensor per parameter. */
    List<HostTensor> on(Graph g, List<HostTensor> arguments);
  }

  /**
   * A way to run graphs.
   *
   * @param name as in {@code // test: run NAME}
   */
  public record Runner(String name, Run run) {
    public Runner {
      Given.given("Runner", "name", name);
      Given.given("Runner", "run", run);
    }

    /** Lowers graphs as they are for a backend, and runs them on its first device. */
    public static Runner of(Backend backend) {
      Given.given("Runner.of", "backend", backend);
      return new Runner(
          backend.name(),
          (g, in) ->
              RunOperands.run(backend, Lowering.lower(g, List.of(), backend.lowering()), in));
    }
  }

  /** A law that graphs keep. */
  @FunctionalInterface
  public interface Check {
    /**
     * Checks one graph.
     *
     * @param arguments one for each parameter
     * @throws AssertionError when the law is broken
     */
    void check(Graph g, List<HostTensor> arguments);
  }

  private final OpTable ops;
  private final Map<String, UnaryOperator<Graph>> passes;
  private final Map<String, Check> checks;
  private final List<Runner> runners;

  private GoldenFiles(
      OpTable ops,
      Map<String, UnaryOperator<Graph>> passes,
      Map<String, Check> checks,
      List<Runner> runners) {
    this.ops = ops;
    this.passes = Collections.unmodifiableMap(passes);
    this.checks = Collections.unmodifiableMap(checks);
    this.runners = List.copyOf(runners);
  }

  /**
   * With the ops of the library; the passes of {@link Pipeline#standard}, {@code standard} and
   * {@code keepingRules} for whole pipelines, {@code jvp}, {@code vjp} and {@code batch}; and the
   * runner {@code interp} alone, the interpreter.
   */
  public static GoldenFiles interpreted() {
    return new GoldenFiles(
        EventProduct.in(OpTable.standard()),
        new TreeMap<>(Passes.all()),
        Map.of(),
        List.of(new Runner(INTERPRETER, Interpreter::run)));
  }

  /**
   * {@link #interpreted}, and the runners {@code text}, the interpreter after printing and parsing,
   * {@code standard}, after the standard passes, and each backend that {@link ServiceLoader} finds
   * and that has a device: {@code loops}, {@code cpu}.
   */
  public static GoldenFiles standard() {
    GoldenFiles files =
        interpreted()
            .with(text(EventProduct.in(OpTable.standard())))
            .with(
                new Runner("standard", (g, in) -> Interpreter.run(Pipeline.standard().run(g), in)));
    for (Backend b : ServiceLoader.load(Backend.class)) {
      if (!b.devices().isEmpty()) {
        files = files.with(Runner.of(b));
      }
    }
    return files;
  }

  private static Runner text(OpTable ops) {
    return new Runner(TEXT, (g, in) -> Interpreter.run(Parser.parse(Printer.print(g), ops), in));
  }

  /** With these ops in the texts; those of the library are among them. */
  public GoldenFiles with(OpTable table) {
    Given.given("GoldenFiles.with", "table", table);
    List<Runner> all = runners.stream().map(r -> r.name().equals(TEXT) ? text(table) : r).toList();
    return new GoldenFiles(table, passes, checks, all);
  }

  /** With one more pass, by its own name. */
  public GoldenFiles with(Pass pass) {
    Given.given("GoldenFiles.with", "pass", pass);
    return withPass(pass.name(), pass.run());
  }

  /**
   * With one more pass, or a pipeline such as {@code Pipeline.standard().with(pass)::run}.
   *
   * @throws EngramException when there is one of this name
   */
  public GoldenFiles withPass(String name, UnaryOperator<Graph> pass) {
    Given.given("GoldenFiles.withPass", "pass", pass);
    return new GoldenFiles(ops, more("withPass", passes, name, pass), checks, runners);
  }

  /**
   * With one more check, for files that start with {@code // test: NAME}: it must hold for the
   * graph and the arguments of each {@code // run:} line, whose results do not matter.
   *
   * @throws EngramException when there is one of this name
   */
  public GoldenFiles withCheck(String name, Check check) {
    Given.given("GoldenFiles.withCheck", "check", check);
    if (GoldenFile.COMMANDS.contains(name)) {
      throw taken("withCheck", name);
    }
    return new GoldenFiles(ops, passes, more("withCheck", checks, name, check), runners);
  }

  /**
   * With one more runner, which must agree with the interpreter.
   *
   * @throws EngramException when there is one of this name
   */
  public GoldenFiles with(Runner runner) {
    Given.given("GoldenFiles.with", "runner", runner);
    if (runnerNames().contains(runner.name())) {
      throw taken("with", runner.name());
    }
    List<Runner> all = new ArrayList<>(runners);
    all.add(runner);
    return new GoldenFiles(ops, passes, checks, all);
  }

  /**
   * Without a runner.
   *
   * @throws EngramException when there is none of this name, and for the interpreter, which writes
   *     what is expected
   */
  public GoldenFiles without(String runner) {
    Given.given("GoldenFiles.without", "runner", runner);
    List<Runner> rest = runners.stream().filter(r -> !r.name().equals(runner)).toList();
    if (runner.equals(INTERPRETER) || rest.size() == runners.size()) {
      throw new EngramException(
          "GoldenFiles.without: got '%s', expected a runner of %s other than interp (%s)"
              .formatted(runner, runnerNames(), SourceLocation.here()));
    }
    return new GoldenFiles(ops, passes, checks, rest);
  }

  private List<String> runnerNames() {
    return runners.stream().map(Runner::name).toList();
  }

  private static <T> Map<String, T> more(String method, Map<String, T> all, String name, T added) {
    Given.given("GoldenFiles." + method, "name", name);
    Map<String, T> more = new TreeMap<>(all);
    if (more.putIfAbsent(name, added) != null) {
      throw taken(method, name);
    }
    return more;
  }

  private static EngramException taken(String method, String name) {
    return new EngramException(
        "GoldenFiles.%s: there is '%s' already (%s); choose another name"
            .formatted(method, name, SourceLocation.here()));
  }

  /**
   * Returns the text as it should be; the expectations are met if that equals the text.
   *
   * @throws AssertionError for a fault that is no matter of expectations
   */
  public String expected(String text) {
    Given.given("GoldenFiles.expected", "text", text);
    return new GoldenFile(text, ops, passes, checks, runners).expected();
  }

  /**
   * Tests one file; with {@code -Dengram.bless=true} rewrites it.
   *
   * @throws AssertionError when it does not meet its expectations
   * @throws IOException when it cannot be read or written
   */
  public void check(Path file) throws IOException {
    Given.given("GoldenFiles.check", "file", file);
    String text = Files.readString(file);
    Bless.fromSettings().check(file, text, expected(text));
  }

  /**
   * Tests all files of a folder and those in it.
   *
   * @throws AssertionError with each file that does not meet its expectations, or when there is no
   *     file
   * @throws IOException when one cannot be read or written
   */
  public void checkAll(Path folder) throws IOException {
    List<Path> files = in(folder);
    if (files.isEmpty()) {
      throw new AssertionError("there is no file *.ir in " + folder.toAbsolutePath());
    }
    List<String> failed = new ArrayList<>();
    for (Path file : files) {
      try {
        check(file);
      } catch (AssertionError | EngramException e) {
        failed.add(folder.relativize(file) + ": " + e.getMessage());
      }
    }
    if (!failed.isEmpty()) {
      throw new AssertionError(
          "%d of %d golden files in %s:\n%s"
              .formatted(failed.size(), files.size(), folder, String.join("\n", failed)));
    }
  }

  /**
   * Returns the files {@code *.ir} of a folder and of the folders in it, in the order of their
   * names, for a test of each.
   *
   * @throws IOException when there is no such folder
   */
  public static List<Path> in(Path folder) throws IOException {
    Given.given("GoldenFiles.in", "folder", folder);
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(f -> f.toString().endsWith(".ir")).sorted().toList();
    }
  }
}
