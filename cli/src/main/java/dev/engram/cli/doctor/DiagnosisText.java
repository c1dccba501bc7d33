package dev.engram.cli.doctor;

import dev.engram.cli.text.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Writes a diagnosis for people: a label and a value in each line, and the verdict in the last. */
final class DiagnosisText {
  private static final String INDENT = "  ";
  private static final String GAP = "  ";
  private static final String LACKS_CPU =
      ", many times slower than the backend cpu: add dev.engram:engram-backend-cpu";

  private final List<Row> rows = new ArrayList<>();

  /** Begins with its label; a value of several lines goes on below itself. */
  private record Row(String label, String value) {}

  private DiagnosisText() {}

  static String of(Diagnosis diagnosis) {
    DiagnosisText text = new DiagnosisText();
    text.machine(diagnosis.machine());
    text.flags(diagnosis.flags());
    text.row("default", diagnosis.standard() + (diagnosis.lacksCpu() ? LACKS_CPU : ""));
    diagnosis.backends().forEach(text::backend);
    text.failures(diagnosis.failures());
    return text.aligned() + "\n" + verdict(diagnosis) + "\n";
  }

  private void row(String label, String value) {
    rows.add(new Row(label, value));
  }

  private void facts(String indent, Map<String, String> facts) {
    facts.forEach((label, value) -> row(indent + label, value));
  }

  private void machine(Machine m) {
    row("Engram", m.engram());
    row("Java", m.java() + ", " + m.vendor());
    row("VM", m.vm());
    row("home", m.home());
    row(
        "system",
        m.os() + ", " + m.arch() + ", " + m.processors() + " processor" + plural(m.processors()));
    row("memory", "heap limit " + Quantity.bytes(m.heap()) + of(m.memory()));
    String set =
        String.join(
            "\n",
            m.properties().entrySet().stream().map(p -> p.getKey() + "=" + p.getValue()).toList());
    row("properties", set.isEmpty() ? "none" : set);
  }

  private static String of(OptionalLong memory) {
    return memory.isPresent() ? ", machine " + Quantity.bytes(memory.getAsLong()) : "";
  }

  private static String plural(int n) {
    return n == 1 ? "" : "s";
  }

  private void flags(List<JvmFlag> missing) {
    List<String> lines = missing.stream().map(f -> "add " + f.flag() + ": " + f.without()).toList();
    row("JVM flags", lines.isEmpty() ? "none is missing" : String.join("\n", lines));
  }

  private void backend(BackendState b) {
    row("", "");
    row("backend " + b.name(), "");
    facts(INDENT, b.facts());
    b.unavailable().ifPresent(why -> row(INDENT + (b.broken() ? "FAILED" : "unavailable"), why));
    for (BackendState.DeviceState d : b.devices()) {
      row(INDENT + d.name(), outcome(d.outcome()));
      facts(INDENT + INDENT, d.facts());
    }
  }

  private static String outcome(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Works w ->
          "works: compiled in "
              + Quantity.time(w.compileNanos())
              + ", a run takes "
              + Quantity.time(w.runNanos());
      case Outcome.Fails f -> "FAILED: " + f.message();
    };
  }

  private void failures(List<String> lines) {
    if (!lines.isEmpty()) {
      row("", "");
      lines.forEach(l -> row("provider", l));
    }
  }

  private String aligned() {
    int width =
        rows.stream()
            .filter(r -> !r.value().isEmpty())
            .mapToInt(r -> r.label().length())
            .max()
            .orElse(0);
    StringBuilder out = new StringBuilder();
    for (Row r : rows) {
      String label = r.label();
      for (String line : r.value().split("\n", -1)) {
        String cell = label + " ".repeat(Math.max(0, width - label.length())) + GAP + line;
        out.append(cell.stripTrailing()).append('\n');
        label = "";
      }
    }
    return out.toString();
  }

  private static String verdict(Diagnosis d) {
    return d.problems().isEmpty()
        ? "all well: " + String.join(", ", d.working())
        : d.counted()
            + ": "
            + String.join(
                "; ", d.problems().stream().map(p -> p.lines().findFirst().orElse("")).toList());
  }
}
