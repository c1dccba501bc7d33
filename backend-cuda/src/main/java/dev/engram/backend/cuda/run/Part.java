package dev.engram.backend.cuda.run;

import dev.engram.lower.Stmt;
import java.util.List;
import java.util.function.ToIntFunction;

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
   * @param together how many steps from one on are one kernel, 0 where it is none
   */
  static Part of(List<Stmt> steps, ToIntFunction<Stmt> together) {
    long n = launches(steps, together);
    return new Part(
        steps,
        n >= LEAST_LAUNCHES && n <= MOST_LAUNCHES,
        steps.stream().anyMatch(s -> s instanceof Stmt.Loop));
  }

  /** More than the most where the host has to know something on the way. */
  private static long launches(List<Stmt> steps, ToIntFunction<Stmt> together) {
    long sum = 0;
    int at = 0;
    while (at < steps.size()) {
      Stmt s = steps.get(at);
      int some = together.applyAsInt(s);
      at += Math.max(1, some);
      long more =
          switch (s) {
            case Stmt.Tell _, Stmt.While _ -> MOST_LAUNCHES + 1;
            case Stmt _ when some > 0 -> 1;
            case Stmt.Nest _, Stmt.Sort _ -> 0;
            case Stmt.Loop l ->
                Math.min(MOST_LAUNCHES + 1, launches(l.body(), together))
                    * Math.min(MOST_LAUNCHES + 1, l.length());
            case Stmt.Branch _ -> MOST_LAUNCHES + 1;
          };
      sum = Math.min(MOST_LAUNCHES + 1, sum + more);
    }
    return sum;
  }
}
