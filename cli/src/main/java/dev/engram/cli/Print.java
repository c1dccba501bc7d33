package dev.engram.cli;

import dev.engram.cli.diagram.Diagram;
import dev.engram.cli.diagram.DotText;
import dev.engram.cli.diagram.GraphDiagram;
import dev.engram.cli.diagram.LoopDiagram;
import dev.engram.cli.diagram.ModelExplorerText;
import dev.engram.ir.text.Printer;
import dev.engram.lower.inspect.LoopPrinter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Prints programs.
 *
 * @param grep only lines that it is found in, each below the first line of its program
 */
record Print(Form form, Optional<Pattern> grep) {
  static final Option<Form> FORM =
      new Option<>(
          "--format",
          "FORM",
          OptionType.oneOf(Form.class),
          Form.TEXT,
          "text, exact (can be read back), dot (Graphviz), json (Model Explorer)");
  static final Option<Optional<Pattern>> GREP =
      new Option<>(
          "--grep", "REGEX", OptionType.regex(), Optional.empty(), "print only lines that match");

  private static final Pattern HEAD = Pattern.compile("(graph|loops) @.*");

  static Print from(Syntax.Arguments given) throws UsageException {
    Print print = new Print(given.get(FORM), given.get(GREP));
    if (print.grep.isPresent() && print.isDiagram()) {
      throw new UsageException("--grep needs --format text or exact");
    }
    return print;
  }

  boolean isDiagram() {
    return form == Form.DOT || form == Form.JSON;
  }

  /** All pieces as one text. */
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

  /** Whether the text can be read back as a whole. */
  private boolean isFile(List<Piece> pieces) {
    return form == Form.EXACT
        && pieces.stream().allMatch(p -> p instanceof Piece.Of || p instanceof Piece.Note);
  }

  private static String file(String graphs) {
    return Printer.header() + "\n" + graphs;
  }

  private String text(Piece piece) {
    return switch (piece) {
      case Piece.Note n -> "// " + n.text().strip().replace("\n", "\n// ") + "\n";
      case Piece.Of g ->
          Printer.print(g.graph(), form == Form.EXACT ? Printer.Style.EXACT : Printer.Style.DUMP);
      case Piece.Loops l -> LoopPrinter.print(l.program());
      case Piece.Code c -> c.text();
    };
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
