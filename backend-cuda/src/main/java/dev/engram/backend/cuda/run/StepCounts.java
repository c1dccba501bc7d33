package dev.engram.backend.cuda.run;

import dev.engram.lower.Stmt;
import dev.engram.lower.inspect.FusionReport;
import dev.engram.lower.profile.RunCounts;
import java.util.ArrayList;
import java.util.List;

/**
 * How often each nest and sort runs in a kernel of several steps, in the order of the text form.
 * Both sides of a branch count, since the host does not see which is taken.
 */
record StepCounts(List<Long> runs) {
  /**
   * @param turns of a while loop
   * @param ended whether its condition was asked once more
   */
  static StepCounts of(List<Stmt> steps, int turns, boolean ended) {
    List<Long> all = new ArrayList<>();
    if (steps.getFirst() instanceof Stmt.While w) {
      collect(w.condition(), turns + (ended ? 1 : 0), all);
      collect(w.body(), turns, all);
    } else {
      collect(steps, 1, all);
    }
    return new StepCounts(all);
  }

  private static void collect(List<Stmt> steps, long runs, List<Long> to) {
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Nest _, Stmt.Sort _ -> to.add(runs);
        case Stmt.Loop l -> collect(l.body(), runs * l.length(), to);
        case Stmt.Branch b -> {
          collect(b.onTrue(), runs, to);
          collect(b.onFalse(), runs, to);
        }
        case Stmt.Tell _, Stmt.While _ -> throw new AssertionError(s);
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
