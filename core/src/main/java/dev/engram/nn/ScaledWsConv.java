package dev.engram.nn;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.op.ConvWindows;
import dev.engram.ir.tensor.RoundOnce;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A {@link Conv} with scaled weight standardization (Brock et al. 2021): the weights of each
 * feature are used with mean 0 and variance {@code gain²/fan}, where fan is the number of them,
 *
 * <pre>
 *   Ŵ_kcf = gain_f (W_kcf - mean_f) / √max(fan variance_f, ε)
 * </pre>
 *
 * <p>States: {@code weight [k1…kd, in/groups, out]}, {@code gain [out]}, {@code bias [out]}.
 */
public final class ScaledWsConv extends Layer {
  private final ConvWindows windows;
  private final int groups;
  private final double epsilon;
  private final State weight;
  private final State gain;
  private final Optional<State> bias;

  /**
   * Stride 1, padded to keep lengths; weights by {@link Initializer#heNormal}, gain 1, bias 0, ε =
   * 1e-4, f32.
   */
  public ScaledWsConv(int[] size, int in, int out, RandomKey key) {
    this(
        size,
        in,
        out,
        ConvWindows.same(),
        1,
        key,
        DType.F32,
        Initializer.heNormal(),
        Optional.of(Initializer.zeros()),
        1e-4);
  }

  /**
   * @param size of the kernel along each spatial axis
   * @param windows stride, dilation and padding
   * @param groups number of groups of channels and features that do not mix
   * @param weight makes {@code [k1…kd, in/groups, out]}
   * @param bias empty for none
   */
  public ScaledWsConv(
      int[] size,
      int in,
      int out,
      ConvWindows windows,
      int groups,
      RandomKey key,
      DType dtype,
      Initializer weight,
      Optional<Initializer> bias,
      double epsilon) {
    Ranges.atLeastOne("ScaledWsConv", "in", in);
    Ranges.atLeastOne("ScaledWsConv", "out", out);
    Ranges.notNegative("ScaledWsConv", "epsilon", epsilon);
    Given.given("ScaledWsConv", "size", size);
    Given.given("ScaledWsConv", "windows", windows);
    Given.given("ScaledWsConv", "key", key);
    Given.given("ScaledWsConv", "dtype", dtype);
    Given.given("ScaledWsConv", "weight", weight);
    Given.given("ScaledWsConv", "bias", bias);
    if (size.length < 1
        || size.length > 3
        || Arrays.stream(size).anyMatch(k -> k < 1)
        || groups < 1
        || in % groups != 0) {
      throw new TypeException(
          "ScaledWsConv: size "
              + Arrays.toString(size)
              + ", in="
              + in
              + ", groups="
              + groups
              + ", expected one to three axes of at least 1, and in a multiple of groups ("
              + SourceLocation.here()
              + ")");
    }
    List<RandomKey> keys = key.split(2);
    Shape kernel = Shape.of(size).insert(size.length, in / groups).insert(size.length + 1, out);
    this.windows = windows;
    this.groups = groups;
    this.epsilon = epsilon;
    this.weight = parameter(weight.make(keys.get(0), kernel, dtype));
    this.gain = parameter(HostTensor.full(TensorType.of(dtype, out), 1));
    this.bias = bias.map(b -> parameter(b.make(keys.get(1), Shape.of(out), dtype)));
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [..., n1…nd, in]}
   * @return {@code [..., o1…od, out]}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("ScaledWsConv.update", "x", x);
    Tensor y = x.conv(effective(), windows, groups);
    return bias.map(b -> y.add(b.value())).orElse(y);
  }

  /** The standardized weights, of the shape of {@code weight}. */
  public Tensor effective() {
    return RoundOnce.of(
        weight.value(), gain.value(), (w, g) -> Normalization.scaledWeights(w, g, epsilon));
  }
}
