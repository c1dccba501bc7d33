package dev.engram.nn;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.Optional;

/**
 * {@code y = x (sign |W|) + b}: weights with a fixed sign for each input, following Dale's law.
 * States: {@code weight [in, out]}, {@code bias [out]}.
 */
public final class SignedLinear extends Layer {
  private final Tensor sign;
  private final State weight;
  private final Optional<State> bias;

  /** Magnitudes by {@link Initializer#heNormal}, no bias. */
  public SignedLinear(double[] signs, int out, RandomKey key, DType dtype) {
    this(signs, out, key, dtype, Initializer.heNormal(), Optional.empty());
  }

  /**
   * @param signs of the inputs, {@code [in]}: +1 or -1
   * @param bias empty for none
   */
  public SignedLinear(
      double[] signs,
      int out,
      RandomKey key,
      DType dtype,
      Initializer weight,
      Optional<Initializer> bias) {
    Given.given("SignedLinear", "signs", signs);
    Given.given("SignedLinear", "key", key);
    Given.given("SignedLinear", "dtype", dtype);
    Given.given("SignedLinear", "weight", weight);
    Given.given("SignedLinear", "bias", bias);
    for (int i = 0; i < signs.length; i++) {
      if (Math.abs(signs[i]) != 1) {
        throw new TypeException(
            "SignedLinear: sign "
                + i
                + " is "
                + signs[i]
                + ", expected 1 or -1 ("
                + SourceLocation.here()
                + ")");
      }
    }
    int in = signs.length;
    Ranges.atLeastOne("SignedLinear", "number of signs", in);
    Ranges.atLeastOne("SignedLinear", "out", out);
    var keys = key.split(2);
    this.sign = HostTensor.of(signs.clone(), in, 1).cast(dtype);
    this.weight = parameter(weight.make(keys.get(0), Shape.of(in, out), dtype));
    this.bias = bias.map(b -> parameter(b.make(keys.get(1), Shape.of(out), dtype)));
  }

  /** Returns {@code size} signs: +1 for the first {@code excitatory}, -1 for the others. */
  public static double[] dale(int excitatory, int size) {
    Ranges.atLeastOne("SignedLinear.dale", "size", size);
    Ranges.in(
        "SignedLinear.dale",
        "excitatory",
        excitatory,
        "0 to size=" + size,
        x -> x >= 0 && x <= size);
    double[] signs = new double[size];
    for (int i = 0; i < size; i++) {
      signs[i] = i < excitatory ? 1 : -1;
    }
    return signs;
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [..., in]}
   * @return {@code [..., out]}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("SignedLinear.update", "x", x);
    Tensor y = x.matmul(effective());
    return bias.map(b -> y.add(b.value())).orElse(y);
  }

  /** Returns the weights with their signs, {@code [in, out]}. */
  public Tensor effective() {
    return weight.value().abs().mul(sign);
  }
}
