package dev.engram.cli.inspect;

import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Verifier;
import dev.engram.ir.text.OpTable;
import dev.engram.ir.text.Parser;
import dev.engram.text.RunLine;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A file of graphs in text form.
 *
 * @param text all of it, its comments included
 */
public record GraphFile(Path path, String text, List<Graph> graphs) {

  /**
   * Reads and verifies it.
   *
   * @param ops the ops that the text may use
   * @throws IOException naming the file and the line of the error
   */
  static GraphFile read(Path path, OpTable ops) throws IOException {
    try {
      String text = Files.readString(path);
      var parsed = Parser.parseAll(text, ops);
      for (Graph g : parsed.graphs()) {
        List<Verifier.Finding> findings = Verifier.findings(g);
        if (!findings.isEmpty()) {
          Verifier.Finding f = findings.getFirst();
          String line = parsed.line(f).isPresent() ? ":" + parsed.line(f).getAsInt() : "";
          throw new IOException(path + line + ": " + f.message());
        }
      }
      if (parsed.graphs().isEmpty()) {
        throw new IOException(path + ": no graph in it");
      }
      return new GraphFile(path, text, parsed.graphs());
    } catch (CharacterCodingException e) {
      throw new IOException(path + ": not a text in UTF-8", e);
    } catch (EngramException e) {
      throw new IOException(path + ": " + e.getMessage(), e);
    }
  }

  /**
   * Returns the graph of this name, with or without its @; the first where no name is given.
   *
   * @throws IOException when there is none
   */
  Graph named(Optional<String> name) throws IOException {
    if (name.isEmpty()) {
      return graphs.getFirst();
    }
    String wanted = name.get().replaceFirst("^@", "");
    for (Graph g : graphs) {
      if (g.name().equals(wanted)) {
        return g;
      }
    }
    List<String> names = graphs.stream().map(Graph::name).toList();
    throw new IOException(path + ": there is no graph @" + wanted + ", expected one of " + names);
  }

  /** Returns the inputs of the first line {@code // run:} of a graph, else random ones. */
  List<HostTensor> arguments(Graph g, long seed) {
    return text.lines()
        .map(RunLine::parse)
        .flatMap(Optional::stream)
        .filter(l -> l.graph().equals(g.name()))
        .findFirst()
        .map(l -> Parser.values(l.arguments(), g.paramTypes()))
        .orElseGet(() -> Inputs.random(g.paramTypes(), seed));
  }
}
