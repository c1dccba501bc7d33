package dev.engram.etrace;

import java.util.HashMap;
import java.util.Map;

/** Draws a report in the language of Graphviz: weights on the left, states on the right. */
final class ReportDiagram {
  private final StringBuilder out = new StringBuilder();
  private final Map<String, String> ids = new HashMap<>();

  private ReportDiagram() {}

  static String of(Report report) {
    ReportDiagram d = new ReportDiagram();
    d.line("digraph learning {");
    d.line("  rankdir=LR;");
    d.line("  node [shape=box, fontname=\"sans-serif\"];");
    for (HiddenGroup g : report.groups()) {
      d.line("  subgraph cluster_" + g.index() + " {");
      d.line("    label=" + quoted("group " + g.index()) + ";");
      g.paths()
          .forEach(p -> d.line("    " + d.state(p) + " [label=" + quoted(p) + ", shape=ellipse];"));
      d.line("  }");
    }
    for (Relation r : report.relations()) {
      for (String w : r.weights()) {
        for (String h : r.hidden()) {
          String style = r.partial() ? ", style=dashed" : "";
          String label = r.op() + " " + r.where();
          d.line(
              "  " + d.weight(w) + " -> " + d.state(h) + " [label=" + quoted(label) + style + "];");
        }
      }
    }
    for (Exclusion e : report.excluded()) {
      for (String w : e.weights()) {
        String why = w + "\n" + e.reason().words() + "\n" + e.where();
        d.line("  " + d.weight(w) + " [label=" + quoted(why) + ", color=gray, fontcolor=gray];");
      }
    }
    d.line("}");
    return d.out.toString();
  }

  private void line(String s) {
    out.append(s).append('\n');
  }

  private String state(String path) {
    return ids.computeIfAbsent("state " + path, _ -> "s" + ids.size());
  }

  // A weight's node is declared where it is first named.
  private String weight(String path) {
    String known = ids.get("weight " + path);
    if (known == null) {
      known = "w" + ids.size();
      ids.put("weight " + path, known);
      line("  " + known + " [label=" + quoted(path) + "];");
    }
    return known;
  }

  private static String quoted(String s) {
    return '"' + s.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }
}
