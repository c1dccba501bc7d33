package dev.engram.lower;

import java.util.List;

/**
 * An index map: {@code offset + Σ outer[i]·t_i + Σ inner[j]·i_j}, in elements.
 *
 * @param outer one stride for each enclosing {@link Step.Loop} and {@link Step.While}, outermost
 *     first; t_i is its counter
 * @param inner one stride for each axis of the nest, in the order of {@link Step.Nest#axes}
 */
public record Affine(long offset, List<Long> outer, List<Long> inner) {
  public Affine {
    outer = List.copyOf(outer);
    inner = List.copyOf(inner);
  }
}
