package dev.engram.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Formats rows as text. */
record Table(List<Row> rows) {
  private static final List<String> HEAD =
      List.of(
          "row",
          "unit",
          "median",
          "min",
          "max",
          "95 % of median",
          "n",
          "goal",
          "met",
          "peer median",
          "peer min",
          "peer max",
          "better by");

  Table {
    rows = List.copyOf(rows);
  }

  /** Returns a Markdown table. */
  String markdown() {
    List<List<String>> lines = new ArrayList<>();
    lines.add(HEAD);
    rows.forEach(r -> lines.add(cells(r)));
    int[] width = new int[HEAD.size()];
    for (List<String> line : lines) {
      for (int i = 0; i < width.length; i++) {
        width[i] = Math.max(width[i], line.get(i).length());
      }
    }
    StringBuilder out = new StringBuilder();
    for (int k = 0; k < lines.size(); k++) {
      for (int i = 0; i < width.length; i++) {
        String cell = lines.get(k).get(i);
        String pad = " ".repeat(width[i] - cell.length());
        out.append("| ").append(i == 0 ? cell + pad : pad + cell).append(' ');
      }
      out.append("|\n");
      if (k == 0) {
        for (int i = 0; i < width.length; i++) {
          String dashes = "-".repeat(width[i] + 1);
          out.append(i == 0 ? "|" + dashes + "-" : "|" + dashes + ":");
        }
        out.append("|\n");
      }
    }
    return out.toString();
  }

  /** Returns comma-separated values with a header. */
  String csv() {
    StringBuilder out = new StringBuilder(csv(HEAD));
    rows.forEach(r -> out.append(csv(cells(r))));
    return out.toString();
  }

  private static String csv(List<String> cells) {
    return cells.stream()
        .map(c -> c.contains(",") || c.contains("\"") ? '"' + c.replace("\"", "\"\"") + '"' : c)
        .collect(Collectors.joining(",", "", "\n"));
  }

  private static List<String> cells(Row r) {
    List<String> c = new ArrayList<>(List.of(r.name(), r.unit().text()));
    c.addAll(samples(r.ours()));
    c.add(r.ours().median95().map(i -> number(i.low()) + " to " + number(i.high())).orElse(""));
    c.add(Integer.toString(r.ours().count()));
    c.add(r.atMost().isPresent() ? "<= " + number(r.atMost().getAsDouble()) : "");
    c.add(r.met().map(m -> m ? "yes" : "NO").orElse(""));
    c.addAll(r.peer().map(Table::samples).orElse(List.of("", "", "")));
    c.add(r.factor().isPresent() ? number(r.factor().getAsDouble()) + "x" : "");
    return c;
  }

  private static List<String> samples(Samples s) {
    return List.of(number(s.median()), number(s.min()), number(s.max()));
  }

  /** Formats a number with three significant digits, integers with all. */
  static String number(double x) {
    if (x == Math.rint(x) && Math.abs(x) < 1e15) {
      return Long.toString((long) x);
    }
    int digits = Math.clamp(2 - (long) Math.floor(Math.log10(Math.abs(x))), 0, 6);
    return String.format(Locale.ROOT, "%." + digits + "f", x);
  }
}
