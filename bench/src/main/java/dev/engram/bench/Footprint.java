package dev.engram.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Java allocation, and memory by sequence length. */
record Footprint(Workbench bench) {
  private static final double GOAL_GROWTH = 1.1;

  /**
   * Measures bytes allocated on the Java heap by iterations of two lengths; their difference is due
   * to the steps.
   */
  List<Row> allocation() throws IOException {
    int shorter = bench.sizes().steps();
    int longer = 10 * shorter;
    List<Row> rows = new ArrayList<>();
    for (GradientRule rule : GradientRule.values()) {
      Samples few = allocated(rule, shorter);
      Samples many = allocated(rule, longer);
      String name = "Java bytes allocated by a " + rule.title();
      rows.add(Row.of(name + " iteration, T=" + shorter, Row.Unit.BYTES, few));
      rows.add(Row.of(name + " iteration, T=" + longer, Row.Unit.BYTES, many));
      double perStep = (many.median() - few.median()) / (longer - shorter);
      rows.add(bench.goal(Row.of(name + " time step", Row.Unit.BYTES, perStep), 0));
    }
    return rows;
  }

  private Samples allocated(GradientRule rule, int steps) throws IOException {
    TaskSizes sizes = bench.sizes().withSteps(steps);
    return bench
        .measure("allocation", sizes, bench.steadyOptions("--rule", rule.word()))
        .getFirst()
        .samples("bytes");
  }

  /** Measures the memory of D-RTRL for two lengths, after the same number of steps. */
  List<Row> memory() throws IOException {
    int shorter = bench.sizes().steps();
    int longer = 100 * shorter;
    int iterations = 2;
    Line few = trained(shorter, 100 * iterations);
    Line many = trained(longer, iterations);
    Optional<Line> peerFew = peer(shorter, 100 * iterations);
    Optional<Line> peerMany = peer(longer, iterations);
    List<Row> rows = new ArrayList<>();
    for (String what : List.of("planned", "peak")) {
      if (few.number(what) < 0) {
        continue; // the system does not report it
      }
      String name =
          (what.equals("peak")
              ? "peak memory of a D-RTRL process"
              : "memory planned for D-RTRL besides the data");
      rows.add(megabytes(name + ", T=" + shorter, few, what).beside(peer(peerFew, what)));
      rows.add(megabytes(name + ", T=" + longer, many, what).beside(peer(peerMany, what)));
      double growth = many.number(what) / few.number(what);
      rows.add(
          bench.goal(
              Row.of(name + ", T=" + longer + " over T=" + shorter, Row.Unit.RATIO, growth),
              GOAL_GROWTH));
    }
    return rows;
  }

  private static Row megabytes(String name, Line line, String what) {
    return Row.of(name, Row.Unit.MEGABYTES, line.number(what) / 1e6);
  }

  private static Optional<Samples> peer(Optional<Line> line, String what) {
    return line.filter(l -> l.has(what)).map(l -> Samples.of(l.number(what) / 1e6));
  }

  private Line trained(int steps, int iterations) throws IOException {
    return bench.measure("memory", bench.sizes().withSteps(steps), options(iterations)).getFirst();
  }

  private Optional<Line> peer(int steps, int iterations) throws IOException {
    return bench
        .peer("memory", bench.sizes().withSteps(steps), options(iterations))
        .map(List::getFirst);
  }

  private static String[] options(int iterations) {
    return new String[] {
      "--rule", GradientRule.D_RTRL.word(), "--iterations", Integer.toString(iterations)
    };
  }
}
