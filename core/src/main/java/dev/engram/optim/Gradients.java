package dev.engram.optim;

import dev.engram.Grads;
import dev.engram.States;
import dev.engram.ir.EngramException;
import dev.engram.ir.Tensor;
import dev.engram.ir.Where;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is done to gradients before an optimizer gets them. */
public final class Gradients {
  private Gradients() {}

  /** Every element limited to {@code -limit..limit}. */
  public static Grads clipByValue(Grads grads, double limit) {
    return grads.map(g -> g.clip(-limit, limit));
  }

  /**
   * All gradients scaled by one factor, {@code min(1, limit / norm)}, so that their {@link #norm}
   * does not exceed {@code limit} (Pascanu et al. 2013).
   */
  public static Grads clipByGlobalNorm(Grads grads, double limit) {
    Tensor norm = norm(grads);
    // A norm of zero would be a division by it.
    Tensor factor = norm.gt(limit).select(norm.like(limit).div(norm), norm.like(1));
    return grads.map(g -> g.mul(factor.cast(g.dtype())));
  }

  /** {@code √Σ g²} over the elements of all gradients: a scalar of the first one's type. */
  public static Tensor norm(Grads grads) {
    return grads.byPath().values().stream()
        .map(g -> g.square().sum())
        .reduce((a, b) -> a.add(b.cast(a.dtype())))
        .orElseThrow(() -> new EngramException("norm: there is no gradient (" + Where.here() + ")"))
        .sqrt();
  }

  /**
   * {@code g + decay · w}: the gradient of the loss with {@code decay/2 · Σ w²} added.
   *
   * @param weights those of the gradients, such as biases filtered out where they should not decay
   */
  public static Grads withDecay(Grads grads, States weights, double decay) {
    Map<String, Tensor> out = new LinkedHashMap<>(grads.byPath());
    weights.byPath().forEach((path, w) -> out.put(path, grads.get(path).add(w.value().mul(decay))));
    return new Grads(out);
  }
}
