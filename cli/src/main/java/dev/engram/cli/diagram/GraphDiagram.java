package dev.engram.cli.diagram;

import dev.engram.cli.diagram.Diagram.Edge;
import dev.engram.cli.diagram.Diagram.Kind;
import dev.engram.cli.diagram.Diagram.Node;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.text.Names;
import dev.engram.ir.text.Printer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes the diagram of a graph: a node for each parameter, equation and result. */
public final class GraphDiagram {
  private final List<Node> nodes = new ArrayList<>();

  private GraphDiagram() {}

  /**
   * Makes the diagram; inner graphs are groups named after their equation and the op's attribute.
   */
  public static Diagram of(Graph g) {
    GraphDiagram d = new GraphDiagram();
    d.graph(g, "", List.of());
    return new Diagram(g.name(), d.nodes);
  }

  private void graph(Graph g, String prefix, List<String> group) {
    Names names = Names.of(g);
    Map<Var, Edge> from = new HashMap<>();
    for (Param p : g.params()) {
      String id = prefix + names.of(p.var());
      Map<String, String> more = new LinkedHashMap<>();
      if (p.role() != Role.INPUT) {
        more.put("role", p.role().toString());
      }
      if (!p.path().isEmpty()) {
        more.put("path", p.path());
      }
      nodes.add(
          new Node(id, names.of(p.var()), group, Kind.PARAM, more, List.of(), List.of(p.type())));
      from.put(p.var(), new Edge(id, 0, 0));
    }
    for (int i = 0; i < g.eqns().size(); i++) {
      equation(g.eqns().get(i), prefix + i, group, names, from);
    }
    for (int i = 0; i < g.outs().size(); i++) {
      Value v = g.outs().get(i);
      Map<String, String> more = v instanceof Lit l ? Map.of("value", text(l)) : Map.of();
      List<Edge> in = v instanceof Var x ? List.of(from.get(x)) : List.of();
      nodes.add(
          new Node(
              prefix + "return" + i,
              "return " + i,
              group,
              Kind.RESULT,
              more,
              in,
              List.of(v.type())));
    }
  }

  private void equation(Eqn e, String id, List<String> group, Names names, Map<Var, Edge> from) {
    Map<String, String> more = new LinkedHashMap<>();
    more.put("equation", Printer.equation(names, e));
    if (e.where().isKnown()) {
      more.put("line", e.where().toString());
    }
    List<Edge> in = new ArrayList<>();
    for (int i = 0; i < e.inputs().size(); i++) {
      switch (e.in(i)) {
        case Var v -> in.add(from.get(v).into(i));
        case Lit l -> more.put("operand " + i, text(l));
      }
    }
    List<TensorType> types = e.outputs().stream().map(Var::type).toList();
    nodes.add(new Node(id, e.op().mnemonic(), group, Kind.OP, more, in, types));
    for (int i = 0; i < e.outputs().size(); i++) {
      from.put(e.outputs().get(i), new Edge(id, i, 0));
    }
    Printer.regions(e.op())
        .forEach(
            r -> {
              List<String> inner = new ArrayList<>(group);
              String result = e.outputs().isEmpty() ? id : names.of(e.outputs().getFirst());
              inner.add(e.op().mnemonic() + " " + result);
              inner.add(r.getKey());
              graph(r.getValue(), id + "/" + r.getKey() + "/", inner);
            });
  }

  private static String text(Lit l) {
    return Printer.literal(l) + ": " + l.type();
  }
}
