package dev.engram.testkit;

import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Verifier;
import dev.engram.ir.passes.Pipeline;
import dev.engram.ir.text.GraphParseException;
import dev.engram.ir.text.OpTable;
import dev.engram.ir.text.ParsedText;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import dev.engram.lower.Lowering;
import dev.engram.lower.inspect.FusionReport;
import dev.engram.testkit.GoldenFiles.Check;
import dev.engram.testkit.GoldenFiles.Runner;
import dev.engram.text.RunLine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * A text that contains its own expectations, as {@link GoldenFiles} says.
 *
 * @param ops that it may have
 * @param passes by name
 * @param checks by name
 * @param runners of which the first is the one that writes expectations
 */
record GoldenFile(
    String text,
    OpTable ops,
    Map<String, UnaryOperator<Graph>> passes,
    Map<String, Check> checks,
    List<Runner> runners) {
  /** What the first line may name, besides checks. */
  static final Set<String> COMMANDS = Set.of("print", "verify", "parse", "pass", "fuse", "run");

  private static final String SEPARATOR = "// ---\n";
  private static final String ERROR = "// error: ";

  /**
   * Returns the text as it should be; the expectations are met if that equals the text.
   *
   * @throws AssertionError for a fault that is no matter of expectations
   */
  String expected() {
    String first = text.lines().findFirst().orElse("");
    if (!first.startsWith("// test: ")) {
      throw new AssertionError("found `" + first + "`, expected `// test: …` on the first line");
    }
    String[] words = first.substring("// test: ".length()).strip().split(" +", 2);
    String rest = words.length > 1 ? words[1] : "";
    return switch (words[0] + (rest.equals("error") ? " error" : "")) {
      case "print" -> header() + print(sound(text));
      case "verify" -> {
        sound(text);
        yield text;
      }
      case "verify error", "parse error" -> errors();
      case "pass" -> passed(Arrays.asList(rest.split(",")));
      case "fuse" -> fused();
      case "run" -> ran(rest);
      default -> {
        checked(first, words[0]);
        yield text;
      }
    };
  }

  private List<Graph> sound(String graphText) {
    List<Graph> graphs = Parser.parseAll(graphText, ops).graphs();
    graphs.forEach(Verifier::verify);
    return graphs;
  }

  private static String print(List<Graph> graphs) {
    return graphs.stream().map(Printer::print).collect(Collectors.joining("\n"));
  }

  /** The comments and blank lines before the first graph. */
  private String header() {
    return text.lines()
        .takeWhile(l -> l.startsWith("//") || l.isBlank())
        .map(l -> l + "\n")
        .collect(Collectors.joining());
  }

  private String errors() {
    List<String> lines = text.lines().map(l -> l.replaceFirst("\\s*// error: .*", "")).toList();
    String plain = String.join("\n", lines) + "\n";
    Map<Integer, String> found = new TreeMap<>();
    try {
      ParsedText parsed = Parser.parseAll(plain, ops);
      for (Graph g : parsed.graphs()) {
        for (Verifier.Finding f : Verifier.findings(g)) {
          found.merge(parsed.line(f).orElseThrow(), comment(f.message()), String::concat);
        }
      }
    } catch (GraphParseException e) {
      String place = "line " + e.line() + ", ";
      found.put(e.line(), comment(e.getMessage().replaceFirst("^" + place, "")));
    }
    if (found.isEmpty()) {
      throw new AssertionError("no error was found, expected one; write `// test: verify`");
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      out.append(lines.get(i)).append(found.getOrDefault(i + 1, "")).append('\n');
    }
    return out.toString();
  }

  private static String comment(String message) {
    return "  " + ERROR + message;
  }

  private String passed(List<String> names) {
    int cut = text.indexOf(SEPARATOR);
    String input = cut < 0 ? text : text.substring(0, cut);
    List<Graph> graphs = new ArrayList<>(sound(input));
    for (String name : names) {
      UnaryOperator<Graph> pass = passes.get(name.strip());
      if (pass == null) {
        throw new AssertionError("unknown pass `" + name + "`, expected one of " + passes.keySet());
      }
      graphs.replaceAll(g -> Verifier.verify(pass.apply(g)));
    }
    return (input.endsWith("\n") ? input : input + "\n") + SEPARATOR + print(graphs);
  }

  private String fused() {
    int cut = text.indexOf(SEPARATOR);
    String input = cut < 0 ? text : text.substring(0, cut);
    StringBuilder out = new StringBuilder(input).append(SEPARATOR);
    for (Graph g : sound(input)) {
      FusionReport r = FusionReport.of(Lowering.lower(Pipeline.standard().run(g)));
      out.append("// @%s: %d nests, %d ops%n".formatted(g.name(), r.nests(), r.ops()));
      r.rows().forEach(n -> out.append("//   ").append(n.label()).append('\n'));
    }
    return out.toString();
  }

  private void checked(String first, String name) {
    Check check = checks.get(name);
    if (check == null) {
      throw new AssertionError(
          "unknown command `%s`, expected one of %s".formatted(first, known()));
    }
    List<Graph> graphs = sound(text);
    List<RunLine> lines = text.lines().map(GoldenFile::runLine).flatMap(Optional::stream).toList();
    if (lines.isEmpty()) {
      throw new AssertionError("no arguments; write `// run: @f(arguments) ==`");
    }
    for (RunLine line : lines) {
      Graph g =
          graphs.stream()
              .filter(x -> x.name().equals(line.graph()))
              .findFirst()
              .orElseThrow(() -> new AssertionError(line + ": there is no such graph"));
      check.check(g, arguments(line, g));
    }
  }

  private Set<String> known() {
    Set<String> all = new TreeSet<>(COMMANDS);
    all.addAll(checks.keySet());
    return all;
  }

  private static List<HostTensor> arguments(RunLine line, Graph g) {
    try {
      return Parser.values(line.arguments(), g.paramTypes());
    } catch (EngramException e) {
      throw new AssertionError(line + ": " + e.getMessage(), e);
    }
  }

  private String ran(String names) {
    List<Graph> graphs = sound(text);
    List<String> wanted = Arrays.stream(names.split(",")).map(String::strip).toList();
    String expected = answers(graphs, runners.getFirst());
    for (Runner r : runners) {
      if (names.equals("*") || wanted.contains(r.name())) {
        String other = answers(graphs, r);
        if (!other.equals(expected)) {
          throw new AssertionError(
              r.name()
                  + " differs from "
                  + runners.getFirst().name()
                  + ":\n"
                  + LineDiff.of(expected, other));
        }
      }
    }
    List<String> known = runners.stream().map(Runner::name).toList();
    if (!names.equals("*") && !known.containsAll(wanted)) {
      throw new AssertionError("run: got " + wanted + ", expected * or some of " + known);
    }
    if (text.equals(expected) && !text.contains("\n// run:")) {
      throw new AssertionError("nothing to run; write `// run: @f(arguments) ==`");
    }
    return expected;
  }

  private String answers(List<Graph> graphs, Runner runner) {
    return text.lines()
        .map(l -> runLine(l).map(r -> answer(r, graphs, runner)).orElse(l) + "\n")
        .collect(Collectors.joining());
  }

  private static Optional<RunLine> runLine(String line) {
    try {
      return RunLine.parse(line);
    } catch (EngramException e) {
      throw new AssertionError(e.getMessage(), e);
    }
  }

  private static String answer(RunLine line, List<Graph> graphs, Runner runner) {
    try {
      return line.answer(graphs, runner.run()::on);
    } catch (EngramException e) {
      throw new AssertionError(line + ": " + e.getMessage(), e);
    }
  }
}
