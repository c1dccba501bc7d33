package dev.engram.cli.diagram;

import dev.engram.cli.diagram.Diagram.Edge;
import dev.engram.cli.diagram.Diagram.Node;
import dev.engram.cli.text.JsonObject;
import dev.engram.ir.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Writes diagrams as a JSON file for Model Explorer: a graph collection, with one graph for each
 * diagram. Groups become layers, types become labels of edges.
 *
 * @see <a href="https://github.com/google-ai-edge/model-explorer">Model Explorer</a>
 */
public final class ModelExplorerText {
  private ModelExplorerText() {}

  /** Returns the text, ending with a line break. */
  public static String of(String label, List<Diagram> diagrams) {
    // Model Explorer selects a graph by its id.
    Map<String, Integer> seen = new HashMap<>();
    List<String> texts = new ArrayList<>();
    for (Diagram d : diagrams) {
      int before = seen.merge(d.name(), 1, Integer::sum) - 1;
      texts.add(graph(d, before == 0 ? d.name() : d.name() + " #" + (before + 1)));
    }
    String graphs = list(texts, "    ");
    return "{\n  \"label\": " + JsonObject.quoted(label) + ",\n  \"graphs\": " + graphs + "\n}\n";
  }

  private static String graph(Diagram d, String id) {
    String nodes = list(d.nodes().stream().map(ModelExplorerText::node).toList(), "      ");
    return "{\"id\": " + JsonObject.quoted(id) + ", \"nodes\": " + nodes + "}";
  }

  private static String node(Node n) {
    List<String> edges = new ArrayList<>();
    for (Edge e : n.in()) {
      edges.add(
          object(
              Map.of(
                  "sourceNodeId", e.from(),
                  "sourceNodeOutputId", Integer.toString(e.output()),
                  "targetNodeInputId", Integer.toString(e.input()))));
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
        n.group().stream().map(ModelExplorerText::layer).collect(Collectors.joining("/"));
    return "{\"id\": "
        + JsonObject.quoted(n.id())
        + ", \"label\": "
        + JsonObject.quoted(n.label())
        + ", \"namespace\": "
        + JsonObject.quoted(layers)
        + ", \"attrs\": "
        + attrs(n.attributes())
        + ", \"incomingEdges\": ["
        + String.join(", ", edges)
        + "], \"outputsMetadata\": ["
        + String.join(", ", outputs)
        + "]}";
  }

  // A slash starts the next layer, and only the last part of a name with semicolons is read.
  private static String layer(String group) {
    return group.replace('/', '.').replace(';', ',');
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
        .map(e -> JsonObject.quoted(e.getKey()) + ": " + JsonObject.quoted(e.getValue()))
        .collect(Collectors.joining(", ", "{", "}"));
  }

  private static String list(List<String> items, String indent) {
    return items.stream().collect(Collectors.joining(",\n" + indent, "[\n" + indent, "]"));
  }
}
