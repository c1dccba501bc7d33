package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;

/**
 * Makes the initial value of a parameter. Weights are {@code [in, out]}; axes before these two
 * multiply both fan-in and fan-out.
 */
@FunctionalInterface
public interface Initializer {

  /**
   * Makes the value of a parameter of this shape and type.
   *
   * @param key not used for anything else
   */
  Tensor make(RandomKey key, Shape shape, DType dtype);

  /** 0 everywhere. */
  static Initializer zeros() {
    return constant(0);
  }

  /** 1 everywhere. */
  static Initializer ones() {
    return constant(1);
  }

  /** {@code value}, a finite number, everywhere. */
  static Initializer constant(double value) {
    Ranges.finite("Initializer.constant", "value", value);
    return (_, shape, dtype) -> HostTensor.full(new TensorType(dtype, shape), value);
  }

  /** Uniform on [low, high). */
  static Initializer uniform(double low, double high) {
    Ranges.finite("Initializer.uniform", "low", low);
    Ranges.finite("Initializer.uniform", "high", high);
    return (key, shape, dtype) -> RandomTensors.uniform(key, shape, dtype, low, high);
  }

  /** Normal with mean 0. */
  static Initializer normal(double deviation) {
    Ranges.notNegative("Initializer.normal", "deviation", deviation);
    return (key, shape, dtype) ->
        RoundOnce.to(dtype, wide -> RandomTensors.normal(key, shape, wide).mul(deviation));
  }

  /** Normal with mean 0, cut off at two of its {@code deviation}s. */
  static Initializer truncatedNormal(double deviation) {
    Ranges.notNegative("Initializer.truncatedNormal", "deviation", deviation);
    return (key, shape, dtype) ->
        RoundOnce.to(dtype, wide -> RandomTensors.truncatedNormal(key, shape, wide).mul(deviation));
  }

  /** Uniform with variance 2/(in+out) (Glorot and Bengio 2010). */
  static Initializer glorotUniform() {
    return scaledUniform(fans -> 2 / (fans.in + fans.out));
  }

  /** Normal with variance 2/(in+out) (Glorot and Bengio 2010). */
  static Initializer glorotNormal() {
    return scaledNormal(fans -> 2 / (fans.in + fans.out));
  }

  /** Uniform with variance 2/in (He et al. 2015). */
  static Initializer heUniform() {
    return scaledUniform(fans -> 2 / fans.in);
  }

  /** Normal with variance 2/in (He et al. 2015). */
  static Initializer heNormal() {
    return scaledNormal(fans -> 2 / fans.in);
  }

  /** Uniform with variance 1/in (LeCun et al. 1998). */
  static Initializer lecunUniform() {
    return scaledUniform(fans -> 1 / fans.in);
  }

  /** Normal with variance 1/in (LeCun et al. 1998). */
  static Initializer lecunNormal() {
    return scaledNormal(fans -> 1 / fans.in);
  }

  /** Orthonormal rows or columns, whichever are fewer (Saxe et al. 2014). */
  static Initializer orthogonal() {
    return orthogonal(1);
  }

  /** {@link #orthogonal()} times {@code gain}. */
  static Initializer orthogonal(double gain) {
    Ranges.finite("Initializer.orthogonal", "gain", gain);
    return (key, shape, dtype) -> Orthogonal.make(key, shape, dtype, gain);
  }

  /** Fan-in and fan-out of a weight. */
  record Fans(double in, double out) {
    public Fans {
      Ranges.positive("Fans", "in", in);
      Ranges.positive("Fans", "out", out);
    }

    static Fans of(Shape shape) {
      int r = shape.rank();
      if (r < 2) {
        return new Fans(Math.max(1, shape.size()), Math.max(1, shape.size()));
      }
      double repeats = shape.range(0, r - 2).size();
      // an empty weight has no variance that matters
      return new Fans(
          Math.max(1, repeats * shape.dim(r - 2)), Math.max(1, repeats * shape.dim(r - 1)));
    }
  }

  /** The variance of a weight's elements. */
  @FunctionalInterface
  interface Variance {
    /** Returns the variance for a weight with these fans. */
    double of(Fans fans);
  }

  /** Normal, with a variance that depends on the shape. */
  static Initializer scaledNormal(Variance variance) {
    Given.given("Initializer.scaledNormal", "variance", variance);
    return (key, shape, dtype) ->
        normal(Math.sqrt(variance.of(Fans.of(shape)))).make(key, shape, dtype);
  }

  /**
   * Uniform around 0, with a variance that depends on the shape; the half width is √(3 variance).
   */
  static Initializer scaledUniform(Variance variance) {
    Given.given("Initializer.scaledUniform", "variance", variance);
    return (key, shape, dtype) -> {
      double half = Math.sqrt(3 * variance.of(Fans.of(shape)));
      return RandomTensors.uniform(key, shape, dtype, -half, half);
    };
  }
}
