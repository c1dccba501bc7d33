package dev.engram.optim;

import dev.engram.Model;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The average of weights over training (Polyak and Juditsky 1992), which is often better than the
 * last weights:
 *
 * <pre>{@code
 * WeightAverage average = WeightAverage.exponential(weights, 0.999);
 * … optimizer.update(grads);
 *   average.update();          // after each update
 * average.copyTo(evaluated);   // the weights of a second model, or a saved one's
 * }</pre>
 *
 * <p>States: {@code average.PATH}, in f32 for 16 bits; {@code count i32[]}, the calls of {@link
 * #update}. Works inside a transformation and outside.
 */
public final class WeightAverage extends Model {
  private final States weights;
  private final double kept;
  private final Map<String, State> average = new LinkedHashMap<>();
  private final State count = other(HostTensor.of(new int[] {0}));

  private WeightAverage(States weights, double kept) {
    this.weights = weights;
    this.kept = kept;
    weights.byPath().forEach((path, w) -> average.put(path, other(RoundOnce.wide(w.value()))));
  }

  /**
   * {@code average = kept · average + (1 - kept) · w}, from the present values of the weights on.
   *
   * @param weights with values
   * @param kept from 0 to below 1
   */
  public static WeightAverage exponential(States weights, double kept) {
    Given.given("WeightAverage.exponential", "weights", weights);
    return new WeightAverage(weights, Ranges.kept("WeightAverage.exponential", "kept", kept));
  }

  /**
   * The mean of the weights at all calls of {@link #update}; before the first, their present
   * values.
   *
   * @param weights with values
   */
  public static WeightAverage uniform(States weights) {
    return new WeightAverage(Given.given("WeightAverage.uniform", "weights", weights), -1);
  }

  /** Takes the present values of the weights into the average. */
  public void update() {
    count.set(count.value().add(1));
    weights
        .byPath()
        .forEach(
            (path, s) -> {
              State mean = average.get(path);
              Tensor w = RoundOnce.wide(s.value());
              mean.set(next(mean.value(), w));
            });
  }

  private Tensor next(Tensor mean, Tensor w) {
    if (kept < 0) {
      Tensor n = count.value().cast(w.dtype());
      return mean.add(w.sub(mean).div(n));
    }
    return mean.mul(kept).add(w.mul(1 - kept));
  }

  /**
   * Sets weights to the average, rounded to their types.
   *
   * @param target the weights themselves, or those of another model with the same paths and shapes
   */
  public void copyTo(States target) {
    Given.given("WeightAverage.copyTo", "target", target);
    if (!target.byPath().keySet().equals(average.keySet())) {
      throw new EngramException(
          "WeightAverage.copyTo: target has %s, expected the averaged weights %s (%s); give the same weights of another model"
              .formatted(
                  GradientMatch.few(target.paths()),
                  GradientMatch.few(average.keySet()),
                  SourceLocation.here()));
    }
    target.byPath().forEach((path, s) -> s.set(average.get(path).value().cast(s.type().dtype())));
  }
}
