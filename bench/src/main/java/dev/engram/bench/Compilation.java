package dev.engram.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Time to compile an iteration in a warm process, and the size of its code, by sequence length. */
record Compilation(Workbench bench) {
  private static final int RUNS = 15;

  /** The peer's compilations take ten times as long and vary less. */
  private static final int PEER_RUNS = 5;

  private static final double GOAL_MS = 150;

  /** Compile times of two lengths vary; their code must not differ at all. */
  private static final double GOAL_TIME_GROWTH = 1.2;

  List<Row> rows() throws IOException {
    List<Row> rows = new ArrayList<>();
    int t = bench.sizes().steps();
    rows.addAll(rows(GradientRule.D_RTRL, List.of(t, 10 * t, 100 * t)));
    rows.addAll(rows(GradientRule.BPTT, List.of(t, 10 * t)));
    return rows;
  }

  private List<Row> rows(GradientRule rule, List<Integer> lengths) throws IOException {
    Map<Integer, Line> ours = new LinkedHashMap<>();
    List<Row> rows = new ArrayList<>();
    String name = rule.title() + " step: ";
    for (int t : lengths) {
      TaskSizes sizes = bench.sizes().withSteps(t);
      String[] options = {"--rule", rule.word(), "--iterations", Integer.toString(RUNS)};
      Line l = bench.measure("compile", sizes, options).getFirst();
      String[] fewer = {"--rule", rule.word(), "--iterations", Integer.toString(PEER_RUNS)};
      Optional<Line> peer = bench.peer("compile", sizes, fewer).map(List::getFirst);
      ours.put(t, l);
      Row row =
          Row.of(name + "compilation, T=" + t, Row.Unit.MS, l.samples("ms"))
              .beside(peer.map(p -> p.samples("ms")));
      rows.add(t == lengths.getFirst() ? bench.goal(row, GOAL_MS) : row);
    }
    Line first = ours.get(lengths.getFirst());
    Line last = ours.get(lengths.getLast());
    String over = ", T=" + lengths.getLast() + " over T=" + lengths.getFirst();
    for (String phase : List.of("trace", "passes", "lowering", "bytecode")) {
      rows.add(Row.of(name + phase, Row.Unit.MS, first.samples(phase)));
    }
    rows.add(growth(name + "compilation" + over, first, last, "ms", GOAL_TIME_GROWTH));
    for (String size : List.of("nests", "methods", "bytes", "largest")) {
      rows.add(Row.of(name + title(size), Row.Unit.COUNT, first.number(size)));
    }
    // a sequence of one window has no loop over windows
    int shorter = lengths.get(lengths.size() - 2);
    String longer = ", T=" + lengths.getLast() + " over T=" + shorter;
    rows.add(growth(name + "nests" + longer, ours.get(shorter), last, "nests", 1));
    rows.add(growth(name + "bytecode bytes" + longer, ours.get(shorter), last, "bytes", 1.001));
    return rows;
  }

  private static String title(String size) {
    return switch (size) {
      case "bytes" -> "bytecode bytes";
      case "largest" -> "bytecode bytes of the largest method";
      default -> size;
    };
  }

  private Row growth(String name, Line first, Line last, String what, double goal) {
    // The minimum, since disturbances only ever add to the time.
    double ratio = last.samples(what).min() / first.samples(what).min();
    return bench.goal(Row.of(name, Row.Unit.RATIO, ratio), goal);
  }
}
