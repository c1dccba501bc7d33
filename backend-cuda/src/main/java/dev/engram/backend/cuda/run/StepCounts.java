package dev.engram.backend.cuda.run;

import dev.engram.lower.Stmt;
import dev.engram.lower.inspect.FusionReport;
import dev.engram.lower.profile.RunCounts;
import java.util.ArrayList;
import java.util.List;

/** How often each nest and sort has run in a launch of a kernel, in the order of the text form. */
record StepCounts(List<Long> runs) {
  /**
   * @param turns of a while loop
   * @param ended whether its condition was asked once more
   * @param taken how often the predicate of each branch was true
   */
  static StepCounts of(List<Stmt> steps, int turns, boolean ended, int[] taken) {
    Walk w = new Walk(taken);
    if (steps.getFirst() instanceof Stmt.While loop) {
      w.steps(loop.condition(), turns + (ended ? 1 : 0));
      w.steps(loop.body(), turns);
    } else {
      w.steps(steps, 1);
    }
    return new StepCounts(w.runs);
  }

  private static final class Walk {
    private final int[] taken;
    private int branches;
    private final List<Long> runs = new ArrayList<>();

    Walk(int[] taken) {
      this.taken = taken;
    }

    void steps(List<Stmt> steps, long times) {
      for (Stmt s : steps) {
        switch (s) {
          case Stmt.Nest _, Stmt.Sort _ -> runs.add(times);
          case Stmt.Loop l -> steps(l.body(), times * l.length());
          case Stmt.Branch b -> {
            long first = taken[branches++];
            steps(b.onTrue(), first);
            steps(b.onFalse(), times - first);
          }
          case Stmt.Tell _, Stmt.While _ -> throw new AssertionError(s);
        }
      }
    }
  }

  /**
   * Counts one launch. Only the whole is timed: the time is divided as the bytes that the nests
   * read and write.
   *
   * @param rows of the program
   * @param first the loop's first one among these
   */
  void add(RunCounts to, List<FusionReport.Row> rows, int first, long nanos) {
    double[] bytes = new double[runs.size()];
    double all = 0;
    for (int i = 0; i < bytes.length; i++) {
      FusionReport.Row r = rows.get(first + i);
      bytes[i] = (double) r.bytes() / Math.max(1, r.runs()) * runs.get(i);
      all += bytes[i];
    }
    for (int i = 0; i < bytes.length; i++) {
      to.add(first + i, runs.get(i), all == 0 ? 0 : (long) (nanos * (bytes[i] / all)));
    }
  }
}
