package dev.engram.spiking;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.Moves;
import dev.engram.ir.tensor.RoundOnce;
import dev.engram.nn.Initializer;
import java.util.List;
import java.util.Optional;

/**
 * A linear layer each of whose synapses has a delay that is learned:
 *
 * <pre>
 *   y_j(t) = b_j + Σ_i w_ij Σ_k κ(k - d_ij) x_i(t - k)
 * </pre>
 *
 * <p>with x initially zero and a {@link DelayKernel} κ. Hammouamri, Khalfaoui-Hassani and
 * Masquelier, "Learning delays in spiking neural networks using dilated convolutions with learnable
 * spacings" (2023). States: {@code weight [in, out]}, {@code delay [in, out]} in steps, {@code bias
 * [out]}, those of the kernel, and what is kept, as in {@link Delay}.
 *
 * <p>It computes the product of the inputs of all steps, {@code [(longest+1) in]}, with {@code w_ij
 * κ(k - d_ij)}. For online learning that is one site: a rule with a trace for each weight has one
 * for each of these products, {@code longest + 1} times those of a {@link dev.engram.nn.Linear};
 * that of pp-prop is {@code (longest+1) in + out}.
 */
public final class DelayedLinear extends Layer {
  private final State weight;
  private final State delay;
  private final Optional<State> bias;
  private final DelayKernel kernel;
  private final int longest;
  private final Past past;

  /**
   * Weights by {@link Initializer#heNormal}, delays uniform on 0 to longest, bias zero, linear
   * interpolation, with traces.
   */
  public DelayedLinear(int in, int out, int longest, RandomKey key, DType dtype) {
    this(
        in,
        out,
        longest,
        key,
        dtype,
        Initializer.heNormal(),
        Initializer.uniform(0, Ranges.atLeastOne("DelayedLinear", "longest", longest)),
        Optional.of(Initializer.zeros()),
        DelayKernel.linear(),
        Delay.Traces.FOLLOWED);
  }

  /**
   * @param longest at least 1
   * @param delay makes the initial delays in steps
   * @param bias empty for none
   * @param traces whether weights before this layer have traces through what is kept
   */
  public DelayedLinear(
      int in,
      int out,
      int longest,
      RandomKey key,
      DType dtype,
      Initializer weight,
      Initializer delay,
      Optional<Initializer> bias,
      DelayKernel kernel,
      Delay.Traces traces) {
    Ranges.atLeastOne("DelayedLinear", "in", in);
    Ranges.atLeastOne("DelayedLinear", "out", out);
    Given.given("DelayedLinear", "key", key);
    Given.given("DelayedLinear", "dtype", dtype);
    Given.given("DelayedLinear", "weight", weight);
    Given.given("DelayedLinear", "delay", delay);
    Given.given("DelayedLinear", "bias", bias);
    DelayKernel.check("DelayedLinear", longest, kernel, traces);
    Moves.length("DelayedLinear", "the axis of all that is kept", (longest + 1L) * in);
    List<RandomKey> keys = key.split(3);
    this.weight = parameter(weight.make(keys.get(0), Shape.of(in, out), dtype));
    this.delay = parameter(delay.make(keys.get(1), Shape.of(in, out), dtype));
    this.bias = bias.map(b -> parameter(b.make(keys.get(2), Shape.of(out), dtype)));
    this.kernel = kernel;
    this.longest = longest;
    this.past = new Past("DelayedLinear", longest, in, dtype, traces);
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [in]}
   * @return {@code [out]}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("DelayedLinear.update", "x", x);
    Tensor taps = Tensor.concat(-1, past.push("DelayedLinear", x));
    Tensor y = taps.matmul(effective());
    return bias.map(b -> y.add(b.value())).orElse(y);
  }

  /** Returns {@code w_ij κ(k - d_ij)} for each step kept, {@code [(longest+1) in, out]}. */
  public Tensor effective() {
    Tensor w = weight.value();
    Tensor all = RoundOnce.of(w, delay.value(), (wide, d) -> kernel.weights(d, longest).mul(wide));
    return all.reshape((longest + 1) * w.dim(0), w.dim(1));
  }

  /** Returns the weights, {@code [in, out]}. */
  public State weight() {
    return weight;
  }

  /** Returns the delays in steps, {@code [in, out]}. */
  public State delay() {
    return delay;
  }

  /** Returns the bias, {@code [out]}; empty for a layer without one. */
  public Optional<State> bias() {
    return bias;
  }

  /**
   * Moves delays outside 0 to longest to the nearest end, where they can be learned again: to be
   * called after an update of the parameters.
   */
  public void clamp() {
    delay.set(clamped(delay.value(), longest));
  }

  /** Rounds the delays to whole steps from 0 to longest, as for inference. */
  public void round() {
    delay.set(clamped(delay.value(), longest).round());
  }

  static Tensor clamped(Tensor delays, int longest) {
    return delays.max(delays.like(0)).min(delays.like(greatest(delays.dtype(), longest)));
  }

  /** The greatest number of a type that is not above {@code longest}, which it may round up. */
  private static double greatest(DType dtype, int longest) {
    double top = longest;
    while (HostTensor.full(TensorType.scalar(dtype), top).getDouble(0) > longest) {
      top--;
    }
    return top;
  }
}
