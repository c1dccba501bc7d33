package dev.engram.spiking;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import dev.engram.nn.Initializer;
import java.util.Arrays;
import java.util.List;

/**
 * A delay for each element that is learned: {@code y(t) = Σ_k κ(k - d) x(t - k)}, with x initially
 * zero and a {@link DelayKernel} κ. States: {@code delay [size]} in steps, those of the kernel, and
 * what is kept, as in {@link Delay}.
 *
 * <p>Delays are found by small steps, so what is compared should change gradually in time, such as
 * a response that rises and falls over some steps, or the kernel be wide.
 */
public final class LearnedDelay extends Layer {
  private final State delay;
  private final DelayKernel kernel;
  private final int longest;
  private final Past past;

  /** Initially uniform on 0 to longest, with linear interpolation and traces. */
  public LearnedDelay(int size, int longest, RandomKey key, DType dtype) {
    this(
        size,
        longest,
        key,
        dtype,
        Initializer.uniform(0, Ranges.atLeastOne("LearnedDelay", "longest", longest)),
        DelayKernel.linear(),
        Delay.Traces.FOLLOWED);
  }

  /**
   * @param longest at least 1
   * @param delay makes the initial delays in steps
   */
  public LearnedDelay(
      int size,
      int longest,
      RandomKey key,
      DType dtype,
      Initializer delay,
      DelayKernel kernel,
      Delay.Traces traces) {
    Ranges.atLeastOne("LearnedDelay", "size", size);
    Given.given("LearnedDelay", "key", key);
    Given.given("LearnedDelay", "dtype", dtype);
    Given.given("LearnedDelay", "delay", delay);
    DelayKernel.check("LearnedDelay", longest, kernel, traces);
    this.delay = parameter(delay.make(key, Shape.of(size), dtype));
    this.kernel = kernel;
    this.longest = longest;
    this.past = new Past("LearnedDelay", longest, size, dtype, traces);
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [size]}
   * @return {@code [size]}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("LearnedDelay.update", "x", x);
    List<Tensor> taps = past.push("LearnedDelay", x);
    Tensor weights = kernel.weights(RoundOnce.wide(delay.value()), longest);
    Tensor y = weights.get(0).mul(RoundOnce.wide(taps.getFirst()));
    for (int k = 1; k <= longest; k++) {
      y = y.add(weights.get(k).mul(RoundOnce.wide(taps.get(k))));
    }
    return y.cast(x.dtype());
  }

  /** Returns the delays in steps, {@code [size]}. */
  public State delay() {
    return delay;
  }

  /**
   * Moves delays outside 0 to longest to the nearest end, where they can be learned again: to be
   * called after an update of the parameters.
   */
  public void clamp() {
    delay.set(DelayedLinear.clamped(delay.value(), longest));
  }

  /** Rounds the delays to whole steps from 0 to longest, as for inference. */
  public void round() {
    delay.set(DelayedLinear.clamped(delay.value(), longest).round());
  }

  /**
   * Returns the delays rounded to whole steps from 0 to longest, such as for a {@link Delay}.
   *
   * @throws TypeException when one is NaN
   */
  public int[] steps() {
    double[] whole = DelayedLinear.clamped(delay.value(), longest).round().host().toDoubles();
    for (int i = 0; i < whole.length; i++) {
      if (Double.isNaN(whole[i])) {
        throw new TypeException(
            "LearnedDelay.steps: the delay of element %d is NaN (%s)"
                .formatted(i, SourceLocation.here()));
      }
    }
    return Arrays.stream(whole).mapToInt(d -> (int) d).toArray();
  }
}
