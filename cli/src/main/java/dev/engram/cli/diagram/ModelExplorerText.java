package dev.engram.cli.diagram;

import dev.engram.cli.diagram.Diagram.Node;
import dev.engram.ir.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Diagrams as a JSON file for Model Explorer: a graph collection, with one graph for each diagram.
 * Groups become layers, types the labels of edges.
 *
 * @see <a href="https://github.com/google-ai-edge/model-explorer">Model Explorer</a>
 */
public final class ModelExplorerText {
  private ModelExplorerText() {}

  /** The text, ending with a line break. */
  public static String of(String label, List<Diagram> diagrams) {
    String graphs = list(diagrams.stream().map(ModelExplorerText::graph).toList(), "    ");
    return "{\n  \"label\": " + quoted(label) + ",\n  \"graphs\": " + graphs + "\n}\n";
  }

  private static String graph(Diagram d) {
    String nodes = list(d.nodes().stream().map(ModelExplorerText::node).toList(), "      ");
    return "{\"id\": " + quoted(d.name()) + ", \"nodes\": " + nodes + "}";
  }

  private static String node(Node n) {
    List<String> edges = new ArrayList<>();
    for (int i = 0; i < n.in().size(); i++) {
      edges.add(
          object(
              Map.of(
                  "sourceNodeId", n.in().get(i).from(),
                  "sourceNodeOutputId", Integer.toString(n.in().get(i).output()),
                  "targetNodeInputId", Integer.toString(i))));
    }
    List<String> outputs = new ArrayList<>();
    for (int i = 0; i < n.out().size(); i++) {
      TensorType t = n.out().get(i);
      outputs.add(
          "{\"id\": \""
              + i
              + "\", \"attrs\": "
              + attrs(Map.of("tensor_shape", t.toString()))
              + "}");
    }
    String layers =
        n.group().stream().map(g -> g.replace('/', '.')).collect(Collectors.joining("/"));
    return "{\"id\": "
        + quoted(n.id())
        + ", \"label\": "
        + quoted(n.label())
        + ", \"namespace\": "
        + quoted(layers)
        + ", \"attrs\": "
        + attrs(n.attributes())
        + ", \"incomingEdges\": ["
        + String.join(", ", edges)
        + "], \"outputsMetadata\": ["
        + String.join(", ", outputs)
        + "]}";
  }

  private static String attrs(Map<String, String> attributes) {
    return attributes.entrySet().stream()
        .map(
            e -> {
              Map<String, String> pair = new LinkedHashMap<>();
              pair.put("key", e.getKey());
              pair.put("value", e.getValue());
              return object(pair);
            })
        .collect(Collectors.joining(", ", "[", "]"));
  }

  private static String object(Map<String, String> fields) {
    return fields.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(e -> quoted(e.getKey()) + ": " + quoted(e.getValue()))
        .collect(Collectors.joining(", ", "{", "}"));
  }

  private static String list(List<String> items, String indent) {
    return items.stream().collect(Collectors.joining(",\n" + indent, "[\n" + indent, "]"));
  }

  private static String quoted(String s) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < 0x20 || Character.isSurrogate(c)) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }
}
