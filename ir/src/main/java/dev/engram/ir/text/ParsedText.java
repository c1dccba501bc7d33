package dev.engram.ir.text;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Verifier;
import dev.engram.ir.checks.Given;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The graphs of a text, and where their parts stand in it.
 *
 * @param graphs in the order of the text
 * @param lines the 1-based line of every {@link Graph} (inner ones included), {@link Eqn} and
 *     {@link Param}, by identity
 * @param returns the 1-based line of every graph's {@code return}, by identity
 */
public record ParsedText(
    List<Graph> graphs, Map<Object, Integer> lines, Map<Graph, Integer> returns) {
  public ParsedText {
    Given.all("ParsedText", "graphs", graphs);
    Given.all("ParsedText", "lines", lines);
    Given.all("ParsedText", "returns", returns);
  }

  /** The line on which a graph, equation or parameter starts. */
  public OptionalInt line(Object part) {
    Given.given("ParsedText.line", "part", part);
    Integer line = lines.get(part);
    return line == null ? OptionalInt.empty() : OptionalInt.of(line);
  }

  /** The line of what {@code finding} is about. */
  public OptionalInt line(Verifier.Finding finding) {
    Given.given("ParsedText.line", "finding", finding);
    Integer results = finding.site() instanceof Graph g ? returns.get(g) : null;
    return results == null ? line(finding.site()) : OptionalInt.of(results);
  }
}
