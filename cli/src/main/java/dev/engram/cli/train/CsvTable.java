package dev.engram.cli.train;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A table of text in the format of <a href="https://www.rfc-editor.org/rfc/rfc4180">RFC 4180</a>: a
 * header line, the same number of fields in every line, lines ending in CRLF, fields quoted where
 * necessary, in UTF-8.
 */
public final class CsvTable {
  private final int columns;
  private final List<String> lines = new ArrayList<>();

  /** Makes an empty table with these column names. */
  CsvTable(String... columns) {
    if (columns.length == 0) {
      throw new IllegalArgumentException("a table needs at least one column");
    }
    this.columns = columns.length;
    lines.add(line(List.of(columns)));
  }

  /**
   * Adds a row.
   *
   * @throws IllegalArgumentException when the number of fields is not that of the columns
   */
  CsvTable row(String... fields) {
    if (fields.length != columns) {
      throw new IllegalArgumentException(
          "row " + lines.size() + " has " + fields.length + " fields, expected " + columns);
    }
    lines.add(line(List.of(fields)));
    return this;
  }

  /** Writes the file as a whole or not at all. */
  void write(Path file) throws IOException {
    WholeFile.write(file, toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the whole text. */
  @Override
  public String toString() {
    return String.join("", lines);
  }

  private static String line(List<String> fields) {
    return fields.stream().map(CsvTable::quoted).collect(Collectors.joining(",", "", "\r\n"));
  }

  private static String quoted(String field) {
    boolean plain = field.chars().noneMatch(c -> c == ',' || c == '"' || c == '\r' || c == '\n');
    return plain ? field : '"' + field.replace("\"", "\"\"") + '"';
  }
}
