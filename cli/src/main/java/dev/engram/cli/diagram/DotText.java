package dev.engram.cli.diagram;

import dev.engram.cli.diagram.Diagram.Edge;
import dev.engram.cli.diagram.Diagram.Node;
import dev.engram.ir.TensorType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a diagram in the language of Graphviz: {@code dot -Tsvg}. */
public final class DotText {
  private final StringBuilder out = new StringBuilder();

  private DotText() {}

  /** Returns the text, ending with a line break. */
  public static String of(Diagram d) {
    DotText t = new DotText();
    t.diagram(d);
    return t.out.toString();
  }

  /** Nodes and nested groups. */
  private static final class Group {
    final Map<String, Group> inner = new LinkedHashMap<>();
    final StringBuilder nodes = new StringBuilder();
  }

  private void diagram(Diagram d) {
    out.append("digraph ").append(quoted(d.name())).append(" {\n");
    out.append(
        "  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=Helvetica]\n");
    out.append("  edge [fontname=Helvetica, fontsize=10]\n");
    Group root = new Group();
    for (Node n : d.nodes()) {
      Group at = root;
      for (String name : n.group()) {
        at = at.inner.computeIfAbsent(name, _ -> new Group());
      }
      at.nodes.append(node(n));
    }
    int[] count = {0};
    group(root, "  ", count);
    edges(d);
    out.append("}\n");
  }

  private void group(Group g, String indent, int[] count) {
    g.nodes.toString().lines().forEach(l -> out.append(indent).append(l).append('\n'));
    g.inner.forEach(
        (name, inner) -> {
          out.append(indent).append("subgraph cluster").append(count[0]++).append(" {\n");
          out.append(indent).append("  label=").append(quoted(name)).append('\n');
          group(inner, indent + "  ", count);
          out.append(indent).append("}\n");
        });
  }

  private static String node(Node n) {
    StringBuilder tip = new StringBuilder();
    n.attributes().forEach((k, v) -> tip.append(k).append(": ").append(v).append('\n'));
    String look =
        switch (n.kind()) {
          case PARAM -> ", shape=ellipse, fillcolor=\"#dce9f7\"";
          case OP -> "";
          case RESULT -> ", shape=ellipse, fillcolor=\"#e4f2dc\"";
        };
    return quoted(n.id())
        + " [label="
        + quoted(n.label())
        + look
        + (tip.isEmpty() ? "" : ", tooltip=" + quoted(tip.toString().stripTrailing()))
        + "]\n";
  }

  private void edges(Diagram d) {
    Map<String, Node> byId = new HashMap<>();
    d.nodes().forEach(n -> byId.put(n.id(), n));
    for (Node n : d.nodes()) {
      for (Edge e : n.in()) {
        List<TensorType> types = byId.get(e.from()).out();
        out.append("  ")
            .append(quoted(e.from()))
            .append(" -> ")
            .append(quoted(n.id()))
            .append(" [label=")
            .append(quoted(types.get(e.output()).toString()))
            .append("]\n");
      }
    }
  }

  private static String quoted(String s) {
    return '"' + s.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }
}
