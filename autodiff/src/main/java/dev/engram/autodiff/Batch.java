package dev.engram.autodiff;

import dev.engram.ir.Graph;
import java.util.List;

/** Vectorizes a function over a new leading axis (vmap). */
public final class Batch {
  private Batch() {}

  /**
   * The function applied to {@code size} examples at once.
   *
   * <p>A batched parameter of type {@code f32[d…]} becomes {@code f32[size,d…]}; the others stay
   * and are shared by all examples. A result that depends on a batched parameter has the new axis
   * in front.
   *
   * @param batched one flag for each parameter of {@code g}
   * @param size number of examples, at least 0
   */
  public static Batched of(Graph g, List<Boolean> batched, int size) {
    throw new UnsupportedOperationException("being written");
  }
}
