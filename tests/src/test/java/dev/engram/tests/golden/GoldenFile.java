package dev.engram.tests.golden;

import dev.engram.cli.text.RunLine;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.Verifier;
import dev.engram.ir.passes.Pipeline;
import dev.engram.ir.text.GraphParseException;
import dev.engram.ir.text.OpTable;
import dev.engram.ir.text.ParsedText;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import dev.engram.lower.Lowering;
import dev.engram.lower.inspect.FusionReport;
import dev.engram.tests.random.AllLaws;
import dev.engram.tests.random.Program;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * A text that contains its own expectations. The first line says how it is tested:
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
 *   <li>{@code // test: laws}: {@link AllLaws} hold for them on the arguments of their run lines;
 *   <li>{@code // test: run NAME,NAME} or {@code run *}: the {@link RunLine}s hold on these
 *       runners.
 * </ul>
 *
 * <p>Lines of comment may follow the first.
 *
 * @param passes by name
 * @param runners of which the first is the one that writes expectations
 */
record GoldenFile(String text, Map<String, UnaryOperator<Graph>> passes, List<Runner> runners) {
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
      case "laws" -> {
        laws();
        yield text;
      }
      case "run" -> ran(rest);
      default -> throw new AssertionError("unknown command `" + first + "`");
    };
  }

  private static List<Graph> sound(String text) {
    List<Graph> graphs = Parser.parseAll(text, OpTable.standard()).graphs();
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
      ParsedText parsed = Parser.parseAll(plain, OpTable.standard());
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

  private void laws() {
    List<Graph> graphs = sound(text);
    List<RunLine> lines = text.lines().map(GoldenFile::runLine).flatMap(Optional::stream).toList();
    if (lines.isEmpty()) {
      throw new AssertionError("no arguments; write `// run: @f(arguments) ==`");
    }
    for (RunLine line : lines) {
      Graph g =
          graphs.stream().filter(x -> x.name().equals(line.graph())).findFirst().orElseThrow();
      AllLaws.check(new Program(g, Parser.values(line.arguments(), g.paramTypes()), 1));
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
