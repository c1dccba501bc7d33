package dev.engram.nn;

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
import dev.engram.ir.tensor.RoundOnce;
import java.util.List;
import java.util.Optional;

/**
 * A linear layer with scaled weight standardization (Brock et al. 2021): the weights of each output
 * are used with mean 0 and variance {@code gain²/in}.
 *
 * <pre>
 *   y_j = Σ_i x_i gain_j (W_ij - mean_j) / √max(in variance_j, ε) + b_j
 * </pre>
 *
 * <p>States: {@code weight [in, out]}, {@code gain [out]}, {@code bias [out]}.
 */
public final class ScaledWsLinear extends Layer {
  private final double epsilon;
  private final State weight;
  private final State gain;
  private final Optional<State> bias;
  private final Parametrization parametrization;

  /** Weights by {@link Initializer#heNormal}, gain 1, bias 0, ε = 1e-4, f32. */
  public ScaledWsLinear(int in, int out, RandomKey key) {
    this(in, out, key, DType.F32, Initializer.heNormal(), 1e-4);
  }

  /**
   * Gain 1, bias 0.
   *
   * @param weight initializer of the weights, before they are standardized
   * @param epsilon the least {@code in variance} that is divided by
   */
  public ScaledWsLinear(
      int in, int out, RandomKey key, DType dtype, Initializer weight, double epsilon) {
    this(
        in,
        out,
        key,
        dtype,
        weight,
        Optional.of(Initializer.zeros()),
        Parametrization.none(),
        epsilon);
  }

  /**
   * @param bias empty for none
   * @param parametrization of the standardized weights, such as {@link Parametrization#mask}
   */
  public ScaledWsLinear(
      int in,
      int out,
      RandomKey key,
      DType dtype,
      Initializer weight,
      Optional<Initializer> bias,
      Parametrization parametrization,
      double epsilon) {
    Given.given("ScaledWsLinear", "bias", bias);
    Given.given("ScaledWsLinear", "parametrization", parametrization);
    Ranges.atLeastOne("ScaledWsLinear", "in", in);
    Ranges.atLeastOne("ScaledWsLinear", "out", out);
    Ranges.notNegative("ScaledWsLinear", "epsilon", epsilon);
    Given.given("ScaledWsLinear", "key", key);
    Given.given("ScaledWsLinear", "weight", weight);
    List<RandomKey> keys = key.split(1);
    TensorType each = TensorType.of(dtype, out);
    this.epsilon = epsilon;
    this.weight = parameter(weight.make(keys.get(0), Shape.of(in, out), dtype));
    this.gain = parameter(HostTensor.full(each, 1));
    this.bias = bias.map(b -> parameter(b.make(key, Shape.of(out), dtype)));
    this.parametrization = parametrization;
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [..., in]}
   * @return {@code [..., out]}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("ScaledWsLinear.update", "x", x);
    Tensor y = x.matmul(effective());
    return bias.map(b -> y.add(b.value())).orElse(y);
  }

  /** The standardized weights, {@code [in, out]}. */
  public Tensor effective() {
    return parametrization.weight(
        RoundOnce.of(
            weight.value(), gain.value(), (w, g) -> Normalization.scaledWeights(w, g, epsilon)));
  }
}
