package dev.engram.tests.inside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.cli.diagram.Diagram;
import dev.engram.cli.diagram.GraphDiagram;
import dev.engram.cli.diagram.LoopDiagram;
import dev.engram.cli.diagram.ModelExplorerText;
import dev.engram.ir.Graph;
import dev.engram.ir.text.OpTable;
import dev.engram.ir.text.Parser;
import dev.engram.lower.Lowering;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/**
 * Diagrams are files that Model Explorer can read. The rules are those of its {@code
 * input_graph.ts} and of {@code graph_processor.ts}: a collection has a label and graphs with
 * unique ids; nodes have unique ids; edges name an existing node and one of its outputs; the parts
 * of a namespace between slashes are layers, and only the part after the last semicolon counts.
 */
class ModelExplorerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  // ---- the format

  private static void keys(JsonNode at, Set<String> required, Set<String> more) {
    Set<String> names = new HashSet<>();
    at.fieldNames().forEachRemaining(names::add);
    assertTrue(names.containsAll(required), () -> names + " lacks some of " + required);
    names.removeAll(required);
    names.removeAll(more);
    assertEquals(Set.of(), names, "keys that Model Explorer does not know");
  }

  private static String text(JsonNode at, String key) {
    assertTrue(at.path(key).isTextual(), () -> key + " of " + at + " is no text");
    return at.path(key).asText();
  }

  private static List<JsonNode> all(JsonNode at, String key) {
    assertTrue(at.path(key).isArray(), () -> key + " of " + at + " is no list");
    return StreamSupport.stream(at.path(key).spliterator(), false).toList();
  }

  private static void attributes(JsonNode at) {
    Set<String> seen = new HashSet<>();
    for (JsonNode pair : all(at, "attrs")) {
      keys(pair, Set.of("key", "value"), Set.of());
      assertTrue(seen.add(text(pair, "key")), () -> pair + " is there twice");
      text(pair, "value");
    }
  }

  /** Checks a collection, and returns its nodes by graph and id. */
  private static Map<String, Map<String, JsonNode>> checked(JsonNode collection) {
    keys(collection, Set.of("label", "graphs"), Set.of());
    text(collection, "label");
    Map<String, Map<String, JsonNode>> graphs = new HashMap<>();
    for (JsonNode g : all(collection, "graphs")) {
      keys(g, Set.of("id", "nodes"), Set.of("groupNodeAttributes"));
      Map<String, JsonNode> nodes = new HashMap<>();
      assertTrue(graphs.put(text(g, "id"), nodes) == null, () -> "two graphs " + text(g, "id"));
      for (JsonNode n : all(g, "nodes")) {
        node(n);
        assertTrue(nodes.put(text(n, "id"), n) == null, () -> "two nodes " + text(n, "id"));
      }
      nodes.values().forEach(n -> edges(n, nodes));
    }
    return graphs;
  }

  private static void node(JsonNode n) {
    keys(
        n,
        Set.of("id", "label", "namespace"),
        Set.of("attrs", "incomingEdges", "outputsMetadata", "inputsMetadata", "subgraphIds"));
    text(n, "label");
    attributes(n);
    String namespace = text(n, "namespace");
    assertTrue(!namespace.contains(";"), namespace);
    boolean layers =
        namespace.isEmpty() || Stream.of(namespace.split("/", -1)).noneMatch(String::isBlank);
    assertTrue(layers, namespace);
    List<JsonNode> outputs = all(n, "outputsMetadata");
    for (int i = 0; i < outputs.size(); i++) {
      keys(outputs.get(i), Set.of("id", "attrs"), Set.of());
      assertEquals("" + i, text(outputs.get(i), "id"));
      attributes(outputs.get(i));
    }
  }

  private static void edges(JsonNode n, Map<String, JsonNode> nodes) {
    Set<String> inputs = new HashSet<>();
    for (JsonNode e : all(n, "incomingEdges")) {
      keys(
          e, Set.of("sourceNodeId", "sourceNodeOutputId", "targetNodeInputId"), Set.of("metadata"));
      JsonNode from = nodes.get(text(e, "sourceNodeId"));
      assertTrue(from != null, () -> "no node " + text(e, "sourceNodeId"));
      int output = Integer.parseInt(text(e, "sourceNodeOutputId"));
      assertTrue(output < all(from, "outputsMetadata").size(), e::toString);
      assertTrue(inputs.add(text(e, "targetNodeInputId")), e::toString);
    }
  }

  private static JsonNode json(List<Diagram> diagrams) throws IOException {
    return JSON.readTree(ModelExplorerText.of("engram", diagrams));
  }

  // ---- the programs that are checked

  private static List<Graph> golden() throws IOException {
    Path folder = Path.of(System.getProperty("engram.root"), "tests/src/test/resources/ir/run");
    List<Graph> out = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path f : files.sorted().toList()) {
        out.addAll(Parser.parseAll(Files.readString(f), OpTable.standard()).graphs());
      }
    }
    return out;
  }

  @Test
  void everyGoldenGraphIsACollectionThatCanBeRead() throws IOException {
    List<Diagram> diagrams = new ArrayList<>();
    for (Graph g : golden()) {
      diagrams.add(GraphDiagram.of(g));
      diagrams.add(LoopDiagram.of(Lowering.lower(g)));
    }
    Map<String, Map<String, JsonNode>> graphs = checked(json(diagrams));
    assertEquals(diagrams.size(), graphs.size());
    assertTrue(graphs.values().stream().mapToInt(Map::size).sum() > 500);
  }

  @Test
  void anEdgeNamesTheOperand() throws IOException {
    Graph g =
        Parser.parse(
            """
            graph @f(%x: f32[2]) -> f32[2] {
              %0: f32[2] = sub(1.0, %x)
              return %0
            }
            """);
    JsonNode sub = checked(json(List.of(GraphDiagram.of(g)))).get("f").get("0");
    JsonNode edge = all(sub, "incomingEdges").getFirst();
    assertEquals("%x", text(edge, "sourceNodeId"));
    assertEquals("1", text(edge, "targetNodeInputId"));
  }

  @Test
  void namesOfTheirOwnAndOddOnesAreNoTrouble() throws IOException {
    Graph g =
        Parser.parse(
            """
            graph @"a;b/\\"c\\"" (%p: bool[]) -> () {
              cond(%p)
                onTrue @"x;y" () -> () {
                  return
                }
                onFalse @no() -> () {
                  return
                }
              return
            }
            """
                .replace("\" (", "\"(")
                .replace("  cond(%p)", "  () = cond(%p)"));
    List<Diagram> twice = List.of(GraphDiagram.of(g), GraphDiagram.of(g));
    Map<String, Map<String, JsonNode>> graphs = checked(json(twice));
    assertEquals(Set.of("a;b/\"c\"", "a;b/\"c\" #2"), graphs.keySet());
    Diagram layers =
        new Diagram(
            "layers",
            List.of(
                new Diagram.Node(
                    "n",
                    "n",
                    List.of("a;b", "c/d"),
                    Diagram.Kind.OP,
                    Map.of(),
                    List.of(),
                    List.of())));
    assertEquals(
        "a,b/c.d", text(checked(json(List.of(layers))).get("layers").get("n"), "namespace"));
  }

  @Test
  void aFileThatIsWrongIsRefused() throws IOException {
    Graph g =
        Parser.parse(
            """
            graph @f(%x: f32[2]) -> f32[2] {
              %0: f32[2] = exp(%x)
              return %0
            }
            """);
    String right = ModelExplorerText.of("engram", List.of(GraphDiagram.of(g)));
    checked(JSON.readTree(right));
    for (String[] fault :
        List.of(
            new String[] {"\"sourceNodeId\": \"%x\"", "\"sourceNodeId\": \"%y\""},
            new String[] {"\"sourceNodeOutputId\": \"0\"", "\"sourceNodeOutputId\": \"1\""},
            new String[] {"\"namespace\"", "\"nameSpace\""},
            new String[] {"\"graphs\"", "\"subgraphs\""},
            new String[] {"\"return0\"", "\"0\""})) {
      String wrong = right.replace(fault[0], fault[1]);
      assertTrue(!wrong.equals(right), fault[0]);
      assertThrows(AssertionError.class, () -> checked(JSON.readTree(wrong)), fault[1]);
    }
  }
}
