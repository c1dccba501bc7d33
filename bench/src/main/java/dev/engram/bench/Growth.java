package dev.engram.bench;

import dev.engram.plot.LineChart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Time to compile by number of equations. */
record Growth(Workbench bench) {
  private static final List<String> PHASES = List.of("trace", "passes", "lowering", "bytecode");
  private static final int MOST = 10;

  /** Costs per equation vary; twice as many equations must not cost four times as much. */
  private static final double GOAL = 1.5;

  List<Row> rows() throws IOException {
    List<Line> lines = bench.measure("growth", bench.sizes());
    List<Row> rows = new ArrayList<>();
    Line first = lines.getFirst();
    Line last = lines.getLast();
    for (Line l : List.of(first, last)) {
      rows.add(
          Row.of(
              "compilation of " + l.text("equations") + " equations",
              Row.Unit.MS,
              l.samples("ms")));
    }
    double ratio =
        last.samples("ms").median()
            / last.number("equations")
            / (first.samples("ms").median() / first.number("equations"));
    rows.add(
        bench.goal(
            Row.of(
                "cost of an equation, the longest program over the shortest",
                Row.Unit.RATIO,
                ratio),
            GOAL));
    return rows;
  }

  /** Runs in the child process. */
  static void measure() {
    for (int i = 0; i < 10; i++) {
      var _ = LongProgram.compile(3000); // warms up
    }
    for (int k = 1; k <= MOST; k++) {
      List<LongProgram.Cost> costs = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        costs.add(LongProgram.compile(1000 * k));
      }
      System.out.println(
          Line.of("growth")
              .with("equations", costs.getFirst().equations())
              .with("ms", costs.stream().map(LongProgram.Cost::total).toList())
              .with("trace", costs.stream().map(LongProgram.Cost::trace).toList())
              .with("passes", costs.stream().map(LongProgram.Cost::passes).toList())
              .with("lowering", costs.stream().map(LongProgram.Cost::lowering).toList())
              .with("bytecode", costs.stream().map(LongProgram.Cost::bytecode).toList()));
    }
  }

  /** Draws the medians of all phases, and their sum. */
  void chart(Path file) throws IOException {
    List<Line> lines = bench.measure("growth", bench.sizes());
    LineChart chart =
        new LineChart("Compilation of long programs", "thousand equations", "milliseconds")
            .firstX(1)
            .add("all", medians(lines, "ms"));
    for (String phase : PHASES) {
      chart = chart.add(phase, medians(lines, phase));
    }
    chart.write(file);
    System.out.println(lines.stream().map(Line::toString).collect(Collectors.joining("\n")));
  }

  private static double[] medians(List<Line> lines, String what) {
    return lines.stream().mapToDouble(l -> l.samples(what).median()).toArray();
  }
}
