package dev.engram.lower.inspect;

import dev.engram.ir.checks.Given;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.split.ExampleAxis;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which loops of a program are divided among the examples of a batch, so that threads meet once for
 * the whole loop, and why the others are not.
 */
public record LoopReport(List<Row> rows) {
  private static final String NO_PROFIT =
      "it has too little work, or too large values or weights, for that";

  public LoopReport {
    Given.all("LoopReport", "rows", rows);
    rows = List.copyOf(rows);
  }

  /**
   * A loop that is in no other one but in while loops and loops that are not divided.
   *
   * @param length number of steps
   * @param nests number of nests and sorts in it
   * @param where a line of the user in it
   * @param shares number of parts that go through the loop alone; 1 where it is not divided
   * @param why what stands against it, where something does
   */
  public record Row(int length, int nests, String where, int shares, Optional<String> why) {
    @Override
    public String toString() {
      String steps = "loop of %d steps, %d nests (%s): ".formatted(length, nests, where);
      return steps
          + (shares > 1
              ? "in %d shares of the examples".formatted(shares)
              : "not divided: " + why.orElse(NO_PROFIT));
    }
  }

  /**
   * Why a loop is not divided.
   *
   * @param around lengths of the loops around it, outermost first
   */
  public static String notDivided(LoopProgram program, Stmt.Loop l, List<Integer> around) {
    Given.given("LoopReport.notDivided", "program", program);
    Given.given("LoopReport.notDivided", "l", l);
    Given.all("LoopReport.notDivided", "around", around);
    return obstacle(program, l, around).orElse(NO_PROFIT);
  }

  private static Optional<String> obstacle(LoopProgram p, Stmt.Loop l, List<Integer> around) {
    return ExampleAxis.of(l, around, b -> p.buffers().get(b).type())
            instanceof ExampleAxis.Result.Obstacle o
        ? Optional.of(o.where().isKnown() ? o.what() + " (" + o.where() + ")" : o.what())
        : Optional.empty();
  }

  /** Looks at a program. */
  public static LoopReport of(LoopProgram program) {
    Given.given("LoopReport.of", "program", program);
    List<Row> rows = new ArrayList<>();
    collect(program, program.steps(), List.of(), rows);
    return new LoopReport(rows);
  }

  private static void collect(
      LoopProgram p, List<Stmt> steps, List<Integer> around, List<Row> rows) {
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Loop l when !l.body().isEmpty() -> {
          rows.add(row(p, l, around));
          if (!l.parallel()) {
            collect(p, l.body(), ExampleAxis.inside(around, l.length()), rows);
          }
        }
        case Stmt.While w -> {
          List<Integer> inside = ExampleAxis.inside(around, 1);
          collect(p, w.condition(), inside, rows);
          collect(p, w.body(), inside, rows);
        }
        case Stmt.Branch b -> {
          collect(p, b.onTrue(), around, rows);
          collect(p, b.onFalse(), around, rows);
        }
        case Stmt.Nest _, Stmt.Sort _, Stmt.Tell _, Stmt.Loop _ -> {}
      }
    }
  }

  private static Row row(LoopProgram p, Stmt.Loop l, List<Integer> around) {
    if (l.parallel()) {
      Stmt.Loop inside = (Stmt.Loop) l.body().getFirst();
      return new Row(
          inside.length(), Stmt.nests(l.body()), where(l.body()), l.length(), Optional.empty());
    }
    return new Row(l.length(), Stmt.nests(l.body()), where(l.body()), 1, obstacle(p, l, around));
  }

  private static String where(List<Stmt> steps) {
    for (Stmt s : steps) {
      String line =
          switch (s) {
            case Stmt.Nest n -> n.where().isKnown() ? n.where().toString() : "";
            case Stmt.Loop l -> where(l.body());
            case Stmt.While w -> where(w.body());
            case Stmt.Branch b -> where(b.onTrue());
            case Stmt.Sort _, Stmt.Tell _ -> "";
          };
      if (!line.isEmpty()) {
        return line;
      }
    }
    return "";
  }

  /** A line for each loop. */
  @Override
  public String toString() {
    return String.join("\n", rows.stream().map(Row::toString).toList());
  }
}
