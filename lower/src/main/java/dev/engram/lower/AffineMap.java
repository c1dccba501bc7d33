package dev.engram.lower;

import java.util.List;

/**
 * An index map: {@code offset + Σ outer[i]·t_i + Σ inner[j]·i_j}, in elements.
 *
 * @param outer one stride for each enclosing {@link Stmt.Loop} and {@link Stmt.While}, outermost
 *     first; t_i is its counter
 * @param inner one stride for each axis of the nest, in the order of {@link Stmt.Nest#axes}
 */
public record AffineMap(long offset, List<Long> outer, List<Long> inner) {
  public AffineMap {
    outer = List.copyOf(outer);
    inner = List.copyOf(inner);
  }
}
