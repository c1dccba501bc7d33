package dev.engram;

import dev.engram.ir.checks.Given;

/**
 * Applies a network to a batch: maps over axis 0 of its inputs and of exactly those states that
 * were set in {@link Engram#vmapNewStates}; parameters and other states are shared.
 */
public final class Vmap<X, O> extends Network<X, O> implements Transparent {
  private final Network<X, O> network;
  private final Axes axes;

  /** The axis of the examples has no name. */
  public Vmap(Network<X, O> network) {
    this(network, "");
  }

  /**
   * @param axis the name of the axis of the examples, for {@link Engram#pmean} and the like inside
   *     the network; empty for none
   */
  public Vmap(Network<X, O> network, String axis) {
    Given.given("Vmap", "network", network);
    Given.given("Vmap", "axis", axis);
    this.network = network;
    this.axes = Axes.first().named(axis);
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [B, …]} for a network of {@code […]}
   */
  @Override
  public O update(X x) {
    return Engram.<X, O>vmap(network::update, axes).apply(x);
  }
}
