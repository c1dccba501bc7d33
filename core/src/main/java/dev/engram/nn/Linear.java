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
import java.util.List;
import java.util.Optional;

/** {@code y = x W + b} over the last axis. States: {@code weight [in, out]}, {@code bias [out]}. */
public final class Linear extends Layer {
  /** Uses the parameter itself. */
  static final Parametrization PLAIN = Parametrization.none();

  private final Parametrization parametrization;
  private final State weight;
  private final Optional<State> bias;

  /** Weights by {@link Initializer#heNormal}, bias zero, f32. */
  public Linear(int in, int out, RandomKey key) {
    this(in, out, key, DType.F32);
  }

  /** Weights by {@link Initializer#heNormal}, bias zero. */
  public Linear(int in, int out, RandomKey key, DType dtype) {
    this(in, out, key, dtype, Initializer.heNormal(), Optional.of(Initializer.zeros()));
  }

  /**
   * A layer with the given initializers.
   *
   * @param bias empty for none
   */
  public Linear(
      int in, int out, RandomKey key, DType dtype, Initializer weight, Optional<Initializer> bias) {
    this(in, out, key, dtype, weight, bias, PLAIN);
  }

  /**
   * A layer with the given initializers, whose weights are used through {@code parametrization}.
   *
   * @param weight makes the weights that are used at the start
   * @param bias empty for none
   */
  public Linear(
      int in,
      int out,
      RandomKey key,
      DType dtype,
      Initializer weight,
      Optional<Initializer> bias,
      Parametrization parametrization) {
    Given.given("Linear", "parametrization", parametrization);
    Given.given("Linear", "key", key);
    Given.given("Linear", "dtype", dtype);
    Given.given("Linear", "weight", weight);
    Given.given("Linear", "bias", bias);
    if (in < 1 || out < 1) {
      throw new TypeException(
          "Linear: in="
              + in
              + ", out="
              + out
              + ", expected at least 1 ("
              + SourceLocation.here()
              + ")");
    }
    List<RandomKey> keys = key.split(2);
    this.parametrization = parametrization;
    this.weight =
        parameter(parametrization.raw(weight.make(keys.get(0), Shape.of(in, out), dtype)));
    this.bias = bias.map(b -> parameter(b.make(keys.get(1), Shape.of(out), dtype)));
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [..., in]}
   * @return {@code [..., out]}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("Linear.update", "x", x);
    Tensor y = x.matmul(effective());
    return bias.map(b -> y.add(b.value())).orElse(y);
  }

  /** Returns the weights that are used, {@code [in, out]}. */
  public Tensor effective() {
    return parametrization.weight(weight.value());
  }

  /** Returns the parameter, {@code [in, out]}. */
  public State weight() {
    return weight;
  }

  /** Returns the parameter, {@code [out]}; empty for a layer without bias. */
  public Optional<State> bias() {
    return bias;
  }
}
