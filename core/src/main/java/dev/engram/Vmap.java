package dev.engram;

import dev.engram.ir.checks.Given;

/**
 * Applies a network to a batch: maps over axis 0 of its inputs and of exactly those states that
 * were set in {@link Engram#vmapNewStates}; parameters and other states are shared.
 */
public final class Vmap<X, O> extends Network<X, O> implements Transparent {
  private final Network<X, O> network;

  public Vmap(Network<X, O> network) {
    Given.given("Vmap", "network", network);
    this.network = network;
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [B, …]} for a network of {@code […]}
   */
  @Override
  public O update(X x) {
    return Engram.<X, O>vmap(network::update).apply(x);
  }
}
