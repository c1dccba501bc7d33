package dev.engram.backend.cuda.run;

import dev.engram.lower.Stmt;
import java.util.List;
import java.util.function.Predicate;

/**
 * Steps that run without a break, if none of them fails.
 *
 * @param recordable true where the host has nothing to do between them but to launch, so that they
 *     may be one graph
 * @param loops true where there is a loop, between whose turns a run may be interrupted
 */
record Part(List<Stmt> steps, boolean recordable, boolean loops) {
  /** A graph of fewer launches saves nothing, and one of more takes long to make. */
  private static final long LEAST_LAUNCHES = 2;

  private static final long MOST_LAUNCHES = 1 << 14;

  /**
   * @param kernels the steps that are one kernel
   */
  static Part of(List<Stmt> steps, Predicate<Stmt> kernels) {
    long n = launches(steps, kernels);
    return new Part(
        steps,
        n >= LEAST_LAUNCHES && n <= MOST_LAUNCHES,
        steps.stream().anyMatch(s -> s instanceof Stmt.Loop));
  }

  /** More than the most where the host has to know something on the way. */
  private static long launches(List<Stmt> steps, Predicate<Stmt> kernels) {
    long sum = 0;
    for (Stmt s : steps) {
      long more =
          switch (s) {
            case Stmt.Nest _, Stmt.Sort _ -> 1;
            case Stmt.Loop l when kernels.test(l) -> 1;
            case Stmt.Loop l ->
                Math.min(MOST_LAUNCHES + 1, launches(l.body(), kernels))
                    * Math.min(MOST_LAUNCHES + 1, l.length());
            case Stmt.Tell _, Stmt.While _, Stmt.Branch _ -> MOST_LAUNCHES + 1;
          };
      sum = Math.min(MOST_LAUNCHES + 1, sum + more);
    }
    return sum;
  }
}
