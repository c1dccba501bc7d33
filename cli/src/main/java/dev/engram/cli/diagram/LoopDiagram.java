package dev.engram.cli.diagram;

import dev.engram.cli.diagram.Diagram.Edge;
import dev.engram.cli.diagram.Diagram.Kind;
import dev.engram.cli.diagram.Diagram.Node;
import dev.engram.ir.TensorType;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes the diagram of a loop program: a node for each nest, an arrow for each buffer it reads. */
public final class LoopDiagram {
  private final LoopProgram program;
  private final List<Node> nodes = new ArrayList<>();

  /** The node that last wrote each buffer, with the buffer's position among its results. */
  private final Map<Integer, Edge> writers = new HashMap<>();

  private LoopDiagram(LoopProgram program) {
    this.program = program;
  }

  /** Makes the diagram; loops and branches are groups. */
  public static Diagram of(LoopProgram p) {
    LoopDiagram d = new LoopDiagram(p);
    p.inputs().forEach(b -> d.end(b, "input", Kind.PARAM));
    d.steps(p.steps(), "", List.of());
    p.outputs().forEach(b -> d.end(b, "output", Kind.RESULT));
    return new Diagram(p.name(), d.nodes);
  }

  private void end(int buffer, String what, Kind kind) {
    LoopBuffer b = program.buffers().get(buffer);
    String id = what + " b" + buffer;
    List<Edge> in =
        kind == Kind.RESULT ? Stream.ofNullable(writers.get(buffer)).toList() : List.of();
    nodes.add(
        new Node(
            id,
            "b" + buffer,
            List.of(),
            kind,
            Map.of("bytes", Long.toString(b.type().bytes())),
            in,
            List.of(b.type())));
    if (kind == Kind.PARAM) {
      writers.put(buffer, new Edge(id, 0, 0));
    }
  }

  private void steps(List<Stmt> steps, String prefix, List<String> group) {
    for (int i = 0; i < steps.size(); i++) {
      String id = prefix + i;
      switch (steps.get(i)) {
        case Stmt.Nest n -> nest(List.of(n), id, group);
        case Stmt.Sort o -> nest(List.of(o.traffic()), id, group);
        case Stmt.Tell t -> nest(t.traffic(), id, group);
        case Stmt.Loop l ->
            steps(l.body(), id + "/", inner(group, "loop " + id + " × " + l.length()));
        case Stmt.While w -> {
          List<String> inside = inner(group, "while " + id);
          steps(w.condition(), id + "/condition/", inside);
          steps(w.body(), id + "/", inside);
        }
        case Stmt.Branch b -> {
          steps(b.onTrue(), id + "/true/", inner(group, "branch " + id + ", true"));
          steps(b.onFalse(), id + "/false/", inner(group, "branch " + id + ", false"));
        }
      }
    }
  }

  private static List<String> inner(List<String> group, String name) {
    return Stream.concat(group.stream(), Stream.of(name)).toList();
  }

  /** Adds one node for {@code nests}, which belong together. */
  private void nest(List<Stmt.Nest> nests, String id, List<String> group) {
    Stmt.Nest n = nests.getFirst();
    Set<Integer> read = new LinkedHashSet<>();
    Set<Integer> written = new LinkedHashSet<>();
    nests.stream()
        .flatMap(one -> Stream.concat(one.body().stream(), one.epilogue().stream()))
        .forEach(
            i -> {
              switch (i) {
                case Instr.Load l -> read.add(l.from().buffer());
                case Instr.LoadAt l -> read.add(l.from().buffer());
                case Instr.Store s -> written.add(s.to().buffer());
                case Instr.StoreAt s -> written.add(s.to().buffer());
                case Instr.Literal _,
                    Instr.IndexOf _,
                    Instr.Apply _,
                    Instr.Convert _,
                    Instr.RandomWord _,
                    Instr.Fold _,
                    Instr.DotFold _,
                    Instr.Check _ -> {}
              }
            });
    Map<String, String> more = new LinkedHashMap<>();
    more.put(
        "axes",
        n.axes().stream()
            .map(a -> a.length() + (a.reduce() ? " folded" : ""))
            .collect(Collectors.joining(" × ")));
    more.put("instructions", Integer.toString(n.body().size() + n.epilogue().size()));
    if (n.where().isKnown()) {
      more.put("line", n.where().toString());
    }
    List<Edge> in = new ArrayList<>();
    for (int b : read) {
      Edge from = writers.get(b);
      if (from != null) {
        in.add(from.into(in.size()));
      }
    }
    List<TensorType> out = written.stream().map(b -> program.buffers().get(b).type()).toList();
    nodes.add(new Node(id, n.label(), group, Kind.OP, more, in, out));
    int at = 0;
    for (int b : written) {
      writers.put(b, new Edge(id, at++, 0));
    }
  }
}
