package dev.engram.cli.inspect;

import dev.engram.cli.diagram.Diagram;
import dev.engram.cli.diagram.DotText;
import dev.engram.cli.diagram.GraphDiagram;
import dev.engram.cli.diagram.LoopDiagram;
import dev.engram.cli.diagram.ModelExplorerText;
import dev.engram.cli.option.Choice;
import dev.engram.cli.option.JsonOption;
import dev.engram.cli.option.Regex;
import dev.engram.cli.text.JsonObject;
import dev.engram.ir.text.Printer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.inspect.LoopPrinter;
import dev.engram.lower.inspect.LoopReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * Prints programs.
 *
 * @param grep prints only lines that match, each group below the first line of its program
 */
public record Print(Form form, Optional<Pattern> grep) {
  /** The options of printing. */
  static final class Options {
    @Option(
        names = "--format",
        order = 2,
        paramLabel = "FORM",
        converter = Forms.class,
        completionCandidates = Forms.class,
        defaultValue = "text",
        description = "text, exact (can be read back), dot (Graphviz), json (Model Explorer)")
    private Form form = Form.TEXT;

    @Option(
        names = "--grep",
        order = 3,
        paramLabel = "REGEX",
        converter = Regex.class,
        description = "print only lines that match")
    private Optional<Pattern> grep = Optional.empty();

    @Mixin private final JsonOption json = new JsonOption();

    boolean isJson() {
      return json.isGiven();
    }

    /**
     * Returns what was asked for.
     *
     * @throws ParameterException when the options contradict each other
     */
    Print print(CommandLine called) {
      Print print = new Print(form, grep);
      if (json.isGiven() && print.isDiagram()) {
        throw new ParameterException(called, "--json needs --format text or exact");
      }
      if (grep.isPresent() && print.isDiagram()) {
        throw new ParameterException(called, "--grep needs --format text or exact");
      }
      return print;
    }

    private static final class Forms extends Choice<Form> {
      Forms() {
        super(List.of(Form.values()));
      }
    }
  }

  private static final Pattern HEAD = Pattern.compile("(graph|loops) @.*");

  boolean isDiagram() {
    return form == Form.DOT || form == Form.JSON;
  }

  /** Returns all pieces as one text. */
  String of(List<Piece> pieces) {
    if (!isDiagram()) {
      String text = pieces.stream().map(this::text).collect(Collectors.joining("\n"));
      return grep.map(p -> matching(p, text)).orElse(isFile(pieces) ? file(text) : text);
    }
    List<Diagram> diagrams = pieces.stream().flatMap(Print::diagram).toList();
    return form == Form.JSON
        ? ModelExplorerText.of("engram", diagrams)
        : diagrams.stream().map(DotText::of).collect(Collectors.joining("\n"));
  }

  /** True when the whole text can be parsed again. */
  private boolean isFile(List<Piece> pieces) {
    return form == Form.EXACT
        && pieces.stream().allMatch(p -> p instanceof Piece.Of || p instanceof Piece.Note);
  }

  private static String file(String graphs) {
    return Printer.header() + "\n" + graphs;
  }

  /** Returns each piece as an object: its kind, its name if it has one, and its text. */
  List<JsonObject> objects(List<Piece> pieces) {
    return pieces.stream().map(this::object).toList();
  }

  private JsonObject object(Piece piece) {
    JsonObject o = new JsonObject();
    switch (piece) {
      case Piece.Note _ -> o.put("kind", "note");
      case Piece.Of g -> o.put("kind", "graph").put("name", g.graph().name());
      case Piece.Loops l -> o.put("kind", "loops").put("name", l.program().name());
      case Piece.Code _ -> o.put("kind", "code");
    }
    return o.put("text", piece instanceof Piece.Note n ? n.text() : of(List.of(piece)));
  }

  private String text(Piece piece) {
    return switch (piece) {
      case Piece.Note n -> "// " + n.text().strip().replace("\n", "\n// ") + "\n";
      case Piece.Of g ->
          Printer.print(g.graph(), form == Form.EXACT ? Printer.Style.EXACT : Printer.Style.DUMP);
      case Piece.Loops l -> LoopPrinter.print(l.program()) + loops(l.program());
      case Piece.Code c -> c.text();
    };
  }

  /** Which loops are divided, as comments. */
  private static String loops(LoopProgram p) {
    return LoopReport.of(p).rows().stream()
        .map(r -> "// " + r + "\n")
        .collect(Collectors.joining());
  }

  private static Stream<Diagram> diagram(Piece piece) {
    return switch (piece) {
      case Piece.Note _, Piece.Code _ -> Stream.of();
      case Piece.Of g -> Stream.of(GraphDiagram.of(g.graph()));
      case Piece.Loops l -> Stream.of(LoopDiagram.of(l.program()));
    };
  }

  private static String matching(Pattern p, String text) {
    List<String> out = new ArrayList<>();
    Optional<String> head = Optional.empty();
    for (String line : text.lines().toList()) {
      boolean starts = HEAD.matcher(line).matches();
      if (starts) {
        head = Optional.of(line);
      }
      if (p.matcher(line).find()) {
        head.filter(_ -> !starts).ifPresent(out::add);
        head = Optional.empty();
        out.add(line);
      }
    }
    return out.stream().map(l -> l + "\n").collect(Collectors.joining());
  }
}
