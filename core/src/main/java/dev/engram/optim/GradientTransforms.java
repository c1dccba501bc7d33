package dev.engram.optim;

import dev.engram.Grads;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.stream.IntStream;
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
   * Scales each gradient by its own factor, so that the norm of none exceeds {@code limit}. With an
   * infinite gradient, its element becomes NaN and the others of its tensor 0.
   *
   * @param limit at least 0
   */
  public static Grads clipByNorm(Grads grads, double limit) {
    Given.given("clipByNorm", "grads", grads);
    limited("clipByNorm", limit);
    Map<String, Tensor> out = new LinkedHashMap<>();
    grads
        .byPath()
        .forEach(
            (path, g) -> {
              Grads one = new Grads(Map.of(path, g));
              out.put(path, clipByGlobalNorm(one, limit).get(path));
            });
    return grads.with(out);
  }

  /**
   * Adaptive clipping (Brock et al. 2021): scales the gradient of each unit, a slice along the last
   * axis of a weight {@code [..., in, out]}, so that its norm does not exceed {@code limit} times
   * the norm of the unit's weights, or {@code limit · floor} if that is more. Weights of rank 0 and
   * 1 are one unit.
   *
   * @param weights one for each gradient
   * @param limit at least 0; in the paper 0.01 to 0.16
   * @param floor smallest norm of a unit's weights, at least 0; in the paper 1e-3. Without it
   *     weights that start at 0 would stay there
   */
  public static Grads clipAdaptively(Grads grads, States weights, double limit, double floor) {
    Given.given("clipAdaptively", "grads", grads);
    Given.given("clipAdaptively", "weights", weights);
    limited("clipAdaptively", limit);
    Ranges.notNegative("clipAdaptively", "floor", floor);
    Map<String, Tensor> out = new LinkedHashMap<>();
    grads
        .byPath()
        .forEach(
            (path, g) -> {
              Tensor most = unitNorm(weights.get(path).value()).clipMin(floor).mul(limit);
              Tensor norm = unitNorm(g);
              Tensor factor = norm.gt(most).select(most.div(norm), norm.like(1));
              out.put(path, RoundOnce.of(g, wide -> wide.mul(factor.cast(wide.dtype()))));
            });
    return grads.with(out);
  }

  /** The norm over all axes but the last, which are kept with length 1; in f64. */
  private static Tensor unitNorm(Tensor x) {
    Tensor wide = x.cast(DType.F64);
    if (x.rank() < 2) {
      return wide.square().sum().sqrt();
    }
    return wide.square().sum(within(x)).sqrt().reshape(ofUnits(x));
  }

  /** All axes but the last. */
  private static int[] within(Tensor x) {
    return IntStream.range(0, x.rank() - 1).toArray();
  }

  /** The shape with length 1 along all axes but the last. */
  private static int[] ofUnits(Tensor x) {
    int last = x.rank() - 1;
    return IntStream.rangeClosed(0, last).map(i -> i == last ? x.dim(i) : 1).toArray();
  }

  /**
   * Gradient centralization (Yong et al. 2020): subtracts from the gradient of each unit, a slice
   * along the last axis of a weight {@code [..., in, out]}, its mean. Gradients of rank 0 and 1
   * stay as they are.
   */
  public static Grads centralize(Grads grads) {
    Given.given("centralize", "grads", grads);
    return grads.map(
        g ->
            g.rank() < 2
                ? g
                : RoundOnce.of(g, wide -> wide.sub(wide.mean(within(g)).reshape(ofUnits(g)))));
  }

  /**
   * Adds normal noise to each element, independent of all others. The noise of Neelakantan et al.
   * (2015), which ends slowly, has the deviation {@code √(η / (1 + t)^0.55)} after t updates.
   *
   * @param key another one for each update, such as {@code key.foldIn(step)}
   * @param deviation a float scalar, not negative
   */
  public static Grads withNoise(Grads grads, RandomKey key, Tensor deviation) {
    Given.given("withNoise", "grads", grads);
    Given.given("withNoise", "key", key);
    Given.given("withNoise", "deviation", deviation);
    if (deviation.rank() > 0 || !deviation.dtype().isFloat()) {
      throw new TypeException(
          "withNoise: deviation has type %s, expected a float scalar (%s)"
              .formatted(deviation.type(), SourceLocation.here()));
    }
    Map<String, Tensor> out = new LinkedHashMap<>();
    int i = 0;
    for (Map.Entry<String, Tensor> e : grads.byPath().entrySet()) {
      RandomKey mine = key.foldIn(i++);
      Tensor g = e.getValue();
      out.put(
          e.getKey(),
          RoundOnce.of(
              g,
              wide -> {
                Tensor noise = RandomTensors.normal(mine, g.shape(), wide.dtype());
                return wide.add(noise.mul(deviation.cast(wide.dtype())));
              }));
    }
    return grads.with(out);
  }

  /** Replaces every NaN by 0. {@link LossScale} skips such steps instead. */
  public static Grads zeroNans(Grads grads) {
    Given.given("zeroNans", "grads", grads);
    return grads.map(g -> g.isNan().select(g.like(0), g));
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
    return grads.with(out);
  }

  // the gradient of a 16-bit weight may be f32
  private static Tensor decayed(Tensor g, State weight, double decay) {
    Tensor w = weight.value();
    Tensor term = RoundOnce.wide(w).mul(decay);
    return RoundOnce.wide(g).add(term).cast(g.dtype());
  }
}
