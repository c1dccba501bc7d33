package dev.engram.autodiff;

import dev.engram.ir.Graph;
import java.util.List;

/** Reverse mode: linearize, then transpose the linear part. */
public final class Vjp {
  private Vjp() {}

  /**
   * The function with the cotangents of its chosen parameters.
   *
   * <p>Parameters of the result: those of {@code g}, then one cotangent for each float result of
   * {@code g}, in order and of its type. Results: those of {@code g}, then one cotangent for each
   * chosen parameter, in order and of its type; zeros where no float result depends on it.
   *
   * @param wrt one flag for each parameter of {@code g}; chosen parameters must be float
   * @throws AutodiffException when a chosen parameter is not float, or an op has no derivative rule
   */
  public static Graph of(Graph g, List<Boolean> wrt) {
    throw new UnsupportedOperationException("being written");
  }
}
