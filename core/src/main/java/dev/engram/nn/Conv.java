package dev.engram.nn;

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
import dev.engram.ir.op.ConvWindows;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Convolution over one, two or three spatial axes, channels last (see {@link Tensor#conv(Tensor,
 * ConvWindows, int)}), and a bias for each feature. States: {@code weight [k1…kd, in/groups, out]},
 * {@code bias [out]}.
 */
public final class Conv extends Layer {
  private final ConvWindows windows;
  private final int groups;
  private final State weight;
  private final Optional<State> bias;
  private final Parametrization parametrization;

  /** Stride 1, padded to keep lengths; weights by {@link Initializer#heNormal}, f32. */
  public Conv(int[] size, int in, int out, RandomKey key) {
    this(size, in, out, ConvWindows.same(), 1, key, DType.F32);
  }

  /**
   * @param size of the kernel along each spatial axis
   * @param windows stride, dilation and padding
   * @param groups number of groups of channels and features that do not mix
   */
  public Conv(
      int[] size, int in, int out, ConvWindows windows, int groups, RandomKey key, DType dtype) {
    this(
        size,
        in,
        out,
        windows,
        groups,
        key,
        dtype,
        Initializer.heNormal(),
        Optional.of(Initializer.zeros()),
        Parametrization.none());
  }

  /**
   * @param size of the kernel along each spatial axis
   * @param windows stride, dilation and padding
   * @param groups number of groups of channels and features that do not mix
   * @param weight makes {@code [k1…kd, in/groups, out]}
   * @param bias empty for none
   */
  public Conv(
      int[] size,
      int in,
      int out,
      ConvWindows windows,
      int groups,
      RandomKey key,
      DType dtype,
      Initializer weight,
      Optional<Initializer> bias,
      Parametrization parametrization) {
    Ranges.atLeastOne("Conv", "in", in);
    Ranges.atLeastOne("Conv", "out", out);
    Given.given("Conv", "size", size);
    Given.given("Conv", "windows", windows);
    Given.given("Conv", "key", key);
    Given.given("Conv", "dtype", dtype);
    Given.given("Conv", "weight", weight);
    Given.given("Conv", "bias", bias);
    Given.given("Conv", "parametrization", parametrization);
    if (size.length < 1 || size.length > 3 || groups < 1 || in % groups != 0) {
      throw new TypeException(
          "Conv: size "
              + Arrays.toString(size)
              + ", in="
              + in
              + ", groups="
              + groups
              + ", expected one to three axes, and in a multiple of groups ("
              + SourceLocation.here()
              + ")");
    }
    List<RandomKey> keys = key.split(2);
    Shape kernel = Shape.of(size).insert(size.length, in / groups).insert(size.length + 1, out);
    this.windows = windows;
    this.groups = groups;
    this.parametrization = parametrization;
    this.weight = parameter(parametrization.raw(weight.make(keys.get(0), kernel, dtype)));
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
    Given.given("Conv.update", "x", x);
    Tensor y = x.conv(parametrization.weight(weight.value()), windows, groups);
    return bias.map(b -> y.add(b.value())).orElse(y);
  }
}
