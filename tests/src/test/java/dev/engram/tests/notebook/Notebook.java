package dev.engram.tests.notebook;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;

/** A Jupyter notebook, format 4.5: its cells of code, and the outputs stored with them. */
final class Notebook {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ObjectNode root;

  private Notebook(ObjectNode root) {
    this.root = root;
  }

  static Notebook read(Path file) throws IOException {
    return new Notebook((ObjectNode) JSON.readTree(file.toFile()));
  }

  /** A cell of code. */
  record Cell(ObjectNode json) {
    /** Lines for the kernel alone, such as {@code %maven}, are left out. */
    String source() {
      return String.join(
          "\n",
          text(json.get("source")).lines().map(line -> line.startsWith("%") ? "" : line).toList());
    }

    /** What it printed, and its value as text. */
    String text() {
      StringBuilder all = new StringBuilder();
      for (JsonNode o : json.get("outputs")) {
        all.append(text(o.path("text"))).append(text(o.path("data").path("text/plain")));
      }
      return all.toString();
    }

    /** Its pictures, as Base64. */
    List<String> pictures() {
      return StreamSupport.stream(json.get("outputs").spliterator(), false)
          .map(o -> text(o.path("data").path("image/png")).strip())
          .filter(p -> !p.isEmpty())
          .toList();
    }

    void store(int number, Shell.Result result) {
      json.put("execution_count", number);
      ArrayNode outputs = json.putArray("outputs");
      if (!result.printed().isEmpty()) {
        ObjectNode o = outputs.addObject();
        o.put("output_type", "stream");
        o.put("name", "stdout");
        lines(o.putArray("text"), result.printed());
      }
      result
          .picture()
          .ifPresent(
              png -> {
                ObjectNode o = outputs.addObject();
                o.put("output_type", "execute_result");
                o.put("execution_count", number);
                o.putObject("metadata");
                o.putObject("data").put("image/png", png);
              });
    }

    private static String text(JsonNode lines) {
      if (lines.isTextual()) {
        return lines.asText();
      }
      StringBuilder all = new StringBuilder();
      lines.forEach(l -> all.append(l.asText()));
      return all.toString();
    }

    private static void lines(ArrayNode to, String text) {
      int from = 0;
      while (from < text.length()) {
        int end = text.indexOf('\n', from);
        int next = end < 0 ? text.length() : end + 1;
        to.add(text.substring(from, next));
        from = next;
      }
    }
  }

  List<Cell> code() {
    List<Cell> cells = new ArrayList<>();
    for (JsonNode c : root.get("cells")) {
      if (c.get("cell_type").asText().equals("code")) {
        cells.add(new Cell((ObjectNode) c));
      }
    }
    return cells;
  }

  /** As Jupyter writes it: one blank for each level. */
  String text() throws IOException {
    DefaultIndenter indent = new DefaultIndenter(" ", "\n");
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter(
            Separators.createDefaultInstance()
                .withObjectFieldValueSpacing(Separators.Spacing.AFTER));
    printer.indentArraysWith(indent);
    printer.indentObjectsWith(indent);
    return JSON.writer(printer).writeValueAsString(root) + "\n";
  }
}
