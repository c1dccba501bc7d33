package dev.engram.optim;

import dev.engram.Grads;

/**
 * What changes weights by their gradients: an {@link Optimizer}, several of them as {@link
 * ParameterGroups}, or a wrapper such as {@link Lookahead} and {@link Accumulation}.
 */
@FunctionalInterface
public interface Updater {
  /**
   * Updates the weights by one step. Works inside a transformation and outside.
   *
   * @param grads one for each weight, of its type; for a 16-bit weight it may be f32
   */
  void update(Grads grads);
}
