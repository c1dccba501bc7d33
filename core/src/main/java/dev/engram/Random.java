package dev.engram;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.Where;

/** Random tensors from explicit keys. */
public final class Random {
  /** erf(2/√2): the mass of a normal variable within two standard deviations. */
  private static final double WITHIN_TWO = 0.954499736103642;

  private Random() {}

  /** Uniform on [0, 1): multiples of 2^-24 in f32, 2^-53 in f64, 2^-11 in f16, 2^-8 in bf16. */
  public static Tensor uniform(Key key, Shape shape, DType dtype) {
    return key.words() instanceof HostTensor && KnownRandom.knows(dtype)
        ? KnownRandom.uniform(key, shape, dtype)
        : tracedUniform(key, shape, dtype);
  }

  private static Tensor tracedUniform(Key key, Shape shape, DType dtype) {
    return switch (dtype) {
      // 24 bits fill the significand of a float exactly.
      case F32 -> low(key.bits(shape), 24).cast(DType.F32).mul(0x1p-24);
      // 26 bits over 27 bits: 53 fill that of a double.
      case F64 -> {
        Tensor words = key.bits(shape.insert(0, 2));
        Tensor high = low(words.get(0), 26).cast(DType.F64).mul(0x1p27);
        yield high.add(low(words.get(1), 27).cast(DType.F64)).mul(0x1p-53);
      }
      case F16 -> low(key.bits(shape), 11).cast(dtype).mul(0x1p-11);
      case BF16 -> low(key.bits(shape), 8).cast(dtype).mul(0x1p-8);
      case I8, I16, I32, I64, U8, BOOL ->
          throw new TypeException(
              "uniform: dtype=" + dtype + ", expected a float type (" + Where.here() + ")");
    };
  }

  private static Tensor low(Tensor words, int bits) {
    return words.and(HostTensor.of(new int[] {(1 << bits) - 1}));
  }

  /** Uniform on [low, high). */
  public static Tensor uniform(Key key, Shape shape, DType dtype, double low, double high) {
    return uniform(key, shape, dtype).mul(high - low).add(low);
  }

  /** Standard normal. */
  public static Tensor normal(Key key, Shape shape, DType dtype) {
    if (dtype.isFloat() && dtype.wide() != dtype) {
      return normal(key, shape, dtype.wide()).cast(dtype);
    }
    if (key.words() instanceof HostTensor && KnownRandom.knows(dtype)) {
      return KnownRandom.normal(key, shape, dtype);
    }
    // Box and Muller (1958): √(-2 ln u) cos(2πv), with u in (0, 1].
    Tensor uv = uniform(key, shape.insert(0, 2), dtype).cast(DType.F64);
    Tensor u = uv.get(0).neg().add(1);
    Tensor length = ExactMath.log(u).mul(-2).sqrt();
    return length.mul(ExactMath.cosTurns(uv.get(1))).cast(dtype);
  }

  /** Standard normal, cut off at two standard deviations; accurate to about 1e-6. */
  public static Tensor truncatedNormal(Key key, Shape shape, DType dtype) {
    // x = √2 erf⁻¹(c u), u uniform on (-1, 1), c = erf(2/√2)
    Tensor u = uniform(key, shape, dtype).cast(DType.F64);
    Tensor x = u.mul(2 * WITHIN_TWO).sub(WITHIN_TWO);
    return inverseErf(x).mul(Math.sqrt(2)).cast(dtype);
  }

  /** True with probability {@code p}. */
  public static Tensor bernoulli(Key key, double p, Shape shape) {
    return uniform(key, shape, DType.F32).lt(p);
  }

  /** Uniform on the integers low ≤ x &lt; high, i32; the bias is below (high-low)·2^-53. */
  public static Tensor integers(Key key, Shape shape, int low, int high) {
    if (high <= low) {
      throw new TypeException(
          "integers: low="
              + low
              + ", high="
              + high
              + ", expected low < high ("
              + Where.here()
              + ")");
    }
    Tensor u = uniform(key, shape, DType.F64);
    return u.mul((double) high - low).floor().add(low).cast(DType.I32);
  }

  // Giles, "Approximating the erfinv function" (2010), single precision, the branch for |x| <
  // 0.9966.
  private static final double[] ERFINV = {
    2.81022636e-08,
    3.43273939e-07,
    -3.5233877e-06,
    -4.39150654e-06,
    0.00021858087,
    -0.00125372503,
    -0.00417768164,
    0.246640727,
    1.50140941
  };

  private static Tensor inverseErf(Tensor x) {
    Tensor w = ExactMath.log(x.mul(x).neg().add(1)).neg().sub(2.5);
    Tensor p = w.like(ERFINV[0]);
    for (int i = 1; i < ERFINV.length; i++) {
      p = p.mul(w).add(ERFINV[i]);
    }
    return p.mul(x);
  }
}
