package dev.engram;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/**
 * Applies a layer to a batch: maps over axis 0 of its input and of exactly those states that were
 * set in {@link Engram#vmapNewStates}; parameters and other states are shared.
 */
public final class Vmap extends Layer implements Transparent {
  private final Layer layer;

  public Vmap(Layer layer) {
    Given.given("Vmap", "layer", layer);
    this.layer = layer;
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [B, …]} for a layer of {@code […]}
   */
  @Override
  public Tensor update(Tensor x) {
    return Engram.<Tensor, Tensor>vmap(layer::update).apply(x);
  }
}
