package dev.engram.optim;

import dev.engram.Grads;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;

/** Transformations of gradients before an optimizer uses them. */
public final class GradientTransforms {
  private GradientTransforms() {}

  /**
   * Clips every element to {@code -limit..limit}.
   *
   * @param limit at least 0
   */
  public static Grads clipByValue(Grads grads, double limit) {
    Given.given("clipByValue", "grads", grads);
    limited("clipByValue", limit);
    return grads.map(g -> g.clip(-limit, limit));
  }

  /**
   * Scales all gradients by one factor, {@code min(1, limit / norm)}, so that their {@link #norm}
   * does not exceed {@code limit} (Pascanu et al. 2013). With an infinite gradient, its element
   * becomes NaN and the others 0; {@link LossScale} skips such steps.
   *
   * @param limit at least 0
   */
  public static Grads clipByGlobalNorm(Grads grads, double limit) {
    Given.given("clipByGlobalNorm", "grads", grads);
    limited("clipByGlobalNorm", limit);
    Tensor norm = length("clipByGlobalNorm", grads);
    // Avoids a division by a norm of zero.
    Tensor factor = norm.gt(limit).select(norm.like(limit).div(norm), norm.like(1));
    return grads.map(g -> RoundOnce.of(g, wide -> wide.mul(factor.cast(wide.dtype()))));
  }

  /**
   * {@code √Σ g²} over the elements of all gradients, without intermediate overflow.
   *
   * @return {@code f64[]} if a gradient is, else {@code f32[]}
   */
  public static Tensor norm(Grads grads) {
    Given.given("norm", "grads", grads);
    return length("norm", grads).cast(isDouble(grads) ? DType.F64 : DType.F32);
  }

  private static boolean isDouble(Grads grads) {
    return grads.byPath().values().stream().anyMatch(g -> g.dtype() == DType.F64);
  }

  // In f64, where the squares of all other types neither overflow nor underflow. Those of f64 may:
  // √Σ g² = m √Σ (g/m)², whatever m is, with m the greatest |g|.
  private static Tensor length(String op, Grads grads) {
    if (grads.byPath().isEmpty()) {
      throw new EngramException(
          op
              + ": there is no gradient, expected at least one ("
              + SourceLocation.here()
              + "); take grad by the weights of a model");
    }
    List<Tensor> all = grads.byPath().values().stream().map(g -> g.cast(DType.F64)).toList();
    if (!isDouble(grads)) {
      return total(all.stream().map(g -> g.square().sum()), Tensor::add).sqrt();
    }
    Tensor top = total(all.stream().map(g -> g.abs().max()), Tensor::max).stopGradient();
    Tensor m = top.gt(0).and(top.isFinite()).select(top, top.like(1));
    return total(all.stream().map(g -> g.div(m).square().sum()), Tensor::add).sqrt().mul(m);
  }

  private static Tensor total(Stream<Tensor> parts, BinaryOperator<Tensor> f) {
    return parts.reduce(f).orElseThrow();
  }

  private static void limited(String op, double limit) {
    Ranges.in(op, "limit", limit, "a number of at least 0", x -> x >= 0);
  }

  /**
   * {@code g + decay · w}: the gradient of the loss with {@code decay/2 · Σ w²} added.
   *
   * @param weights the weights to decay; leave out those, such as biases, that should not
   * @param decay at least 0
   */
  public static Grads withDecay(Grads grads, States weights, double decay) {
    Given.given("withDecay", "grads", grads);
    Given.given("withDecay", "weights", weights);
    Ranges.notNegative("withDecay", "decay", decay);
    Map<String, Tensor> out = new LinkedHashMap<>(grads.byPath());
    weights.byPath().forEach((path, w) -> out.put(path, decayed(grads.get(path), w, decay)));
    return new Grads(out);
  }

  // the gradient of a 16-bit weight may be f32
  private static Tensor decayed(Tensor g, State weight, double decay) {
    Tensor w = weight.value();
    Tensor term = RoundOnce.wide(w).mul(decay);
    return RoundOnce.wide(g).add(term).cast(g.dtype());
  }
}
