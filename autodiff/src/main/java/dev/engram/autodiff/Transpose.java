package dev.engram.autodiff;

import dev.engram.ir.Graph;

/** Turns a linear function round: from tangents to results, into cotangents to cotangents. */
public final class Transpose {
  private Transpose() {}

  /**
   * The transpose of {@code g}, which is linear in the parameters after the first {@code
   * residuals}.
   *
   * <p>Parameters of the result: the residuals, then one cotangent for each result of {@code g}, of
   * its type. Results: one cotangent for each linear parameter, of its type.
   *
   * @throws AutodiffException {@code not linear: …} when a linear parameter is used in another way
   */
  public static Graph of(Graph g, int residuals) {
    throw new UnsupportedOperationException("being written");
  }
}
