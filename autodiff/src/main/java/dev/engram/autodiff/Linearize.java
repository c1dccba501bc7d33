package dev.engram.autodiff;

import dev.engram.ir.Graph;
import java.util.List;

/** Splits a function's derivative into what is computed once and what is linear in the tangents. */
public final class Linearize {
  private Linearize() {}

  /**
   * The function with what its derivative needs, and the derivative.
   *
   * @param wrt one flag for each parameter of {@code g}; chosen parameters must be float
   * @throws AutodiffException when a chosen parameter is not float, or an op has no derivative rule
   */
  public static Linearized of(Graph g, List<Boolean> wrt) {
    throw new UnsupportedOperationException("being written");
  }
}
