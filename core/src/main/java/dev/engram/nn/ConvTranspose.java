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
 * The transpose of a convolution over one, two or three spatial axes, channels last (see {@link
 * Tensor#convTranspose}), and a bias for each feature: what brings the results of a {@link Conv}
 * with a stride back to the lengths of its input. States: {@code weight [k1…kd, in, out]}, {@code
 * bias [out]}.
 *
 * <p>It is the transpose of the {@link Conv} whose weight is this one's with the last two axes
 * swapped.
 */
public final class ConvTranspose extends Layer {
  private final ConvWindows windows;
  private final State weight;
  private final Optional<State> bias;
  private final Parametrization parametrization;

  /** Weights by {@link Initializer#heNormal}, f32. */
  public ConvTranspose(int[] size, int in, int out, ConvWindows windows, RandomKey key) {
    this(
        size,
        in,
        out,
        windows,
        key,
        DType.F32,
        Initializer.heNormal(),
        Optional.of(Initializer.zeros()),
        Parametrization.none());
  }

  /**
   * @param size of the kernel along each spatial axis
   * @param windows stride, dilation and padding of the convolution
   * @param weight makes {@code [k1…kd, in, out]}
   * @param bias empty for none
   */
  public ConvTranspose(
      int[] size,
      int in,
      int out,
      ConvWindows windows,
      RandomKey key,
      DType dtype,
      Initializer weight,
      Optional<Initializer> bias,
      Parametrization parametrization) {
    Ranges.atLeastOne("ConvTranspose", "in", in);
    Ranges.atLeastOne("ConvTranspose", "out", out);
    Given.given("ConvTranspose", "size", size);
    Given.given("ConvTranspose", "windows", windows);
    Given.given("ConvTranspose", "key", key);
    Given.given("ConvTranspose", "dtype", dtype);
    Given.given("ConvTranspose", "weight", weight);
    Given.given("ConvTranspose", "bias", bias);
    Given.given("ConvTranspose", "parametrization", parametrization);
    if (size.length < 1 || size.length > 3 || Arrays.stream(size).anyMatch(k -> k < 1)) {
      throw new TypeException(
          "ConvTranspose: size "
              + Arrays.toString(size)
              + ", expected one to three axes of at least 1 ("
              + SourceLocation.here()
              + ")");
    }
    List<RandomKey> keys = key.split(2);
    Shape kernel = Shape.of(size).insert(size.length, in).insert(size.length + 1, out);
    this.windows = windows;
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
    Given.given("ConvTranspose.update", "x", x);
    Tensor y = x.convTranspose(parametrization.weight(weight.value()), windows);
    return bias.map(b -> y.add(b.value())).orElse(y);
  }
}
