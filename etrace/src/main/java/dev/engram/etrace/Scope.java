package dev.engram.etrace;

import dev.engram.ir.SourceLocation;

/** How much of the state Jacobian a trace follows. */
public sealed interface Scope {

  /** Each position by itself, every site's product held fixed: S×S numbers per position. */
  record Diagonal() implements Scope {
    @Override
    public String toString() {
      return "diagonal";
    }
  }

  /**
   * Each position by itself, including feedback to it through the recurrent weights: the diagonal
   * blocks of the whole Jacobian of a hidden group. Costs a directional derivative of the step for
   * each hidden element where recurrent weights are dense, and fewer where they are sparse:
   * positions that do not reach each other share one.
   */
  record Coupled() implements Scope {
    @Override
    public String toString() {
      return "coupled";
    }
  }

  /**
   * The positions of the group that a weight can reach within {@code n} steps; all of them when the
   * recurrent weights are dense and n is 2 or more. Menick et al., "A practical sparse
   * approximation for real time recurrent learning" (2021).
   *
   * <p>Reachability is determined from the step's graph: a constant mask on a weight, the constant
   * pattern of a sparse matrix, or the connections of a {@code SparseLinear} separate positions.
   * Indices that are data count as reaching everything.
   *
   * <p>With θ weights, P positions of the group and at most K of them kept for one, traces take
   * memory O(θ K), and a step time O(θ K²) besides one directional derivative for each color of the
   * Jacobian's columns, at most P. Where K is near P, or P K² is more than θ P, traces have all P
   * positions and take O(θ P). {@link Report#keptOf} has the numbers.
   *
   * @param n at least 1
   */
  record Snap(int n) implements Scope {
    public Snap {
      if (n < 1) {
        throw new EtraceException(
            "SnAp-n with n="
                + n
                + ", expected at least 1 ("
                + SourceLocation.here()
                + "); n=1 follows each position alone");
      }
    }

    @Override
    public String toString() {
      return "snap";
    }
  }

  /**
   * All of it, over all hidden states and all paths. Williams and Zipser (1989). Every weight that
   * reaches a hidden state at all is followed, whether or not it has a relation.
   */
  record Full() implements Scope {
    @Override
    public String toString() {
      return "full";
    }
  }
}
