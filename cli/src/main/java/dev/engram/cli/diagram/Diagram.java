package dev.engram.cli.diagram;

import dev.engram.ir.TensorType;
import java.util.List;
import java.util.Map;

/**
 * A diagram of a program: boxes and arrows.
 *
 * @param name of the program
 */
public record Diagram(String name, List<Node> nodes) {
  public Diagram {
    nodes = List.copyOf(nodes);
  }

  /**
   * One box.
   *
   * @param id unique in the diagram
   * @param group names of the boxes around it, outermost first: inner graphs, loops
   * @param kind how it is drawn
   * @param attributes further properties, in order
   * @param in the edges that its operands come along
   * @param out types of its results
   */
  public record Node(
      String id,
      String label,
      List<String> group,
      Kind kind,
      Map<String, String> attributes,
      List<Edge> in,
      List<TensorType> out) {
    public Node {
      group = List.copyOf(group);
      in = List.copyOf(in);
      out = List.copyOf(out);
    }
  }

  /** Result {@code output} of the node {@code from}, which is operand {@code input}. */
  public record Edge(String from, int output, int input) {
    Edge into(int operand) {
      return new Edge(from, output, operand);
    }
  }

  /** What a box represents. */
  public enum Kind {
    PARAM,
    OP,
    RESULT
  }
}
