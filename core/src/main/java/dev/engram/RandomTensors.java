package dev.engram;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.Moves;
import dev.engram.ir.tensor.RoundOnce;
import dev.engram.random.ExactMath;
import dev.engram.random.KnownRandom;
import java.util.List;

/** Draws random tensors from explicit keys. */
public final class RandomTensors {
  /** erf(2/√2): the mass of a normal variable within two standard deviations. */
  private static final double WITHIN_TWO = 0.954499736103642;

  /** Trials of {@link #gamma}: the chance that all are rejected is below 1e-20. */
  private static final int ROUNDS = 16;

  private RandomTensors() {}

  /** Uniform on [0, 1): multiples of 2^-24 in f32, 2^-53 in f64, 2^-11 in f16, 2^-8 in bf16. */
  public static Tensor uniform(RandomKey key, Shape shape, DType dtype) {
    Given.given("uniform", "shape", shape);
    Given.given("uniform", "dtype", dtype);
    Given.given("uniform", "key", key);
    return key.words() instanceof HostTensor && KnownRandom.knows(shape, dtype)
        ? KnownRandom.uniform(key.one().host(), shape, dtype)
        : tracedUniform(key, shape, dtype);
  }

  private static Tensor tracedUniform(RandomKey key, Shape shape, DType dtype) {
    return switch (dtype) {
      // 24 bits fill the significand of a float exactly.
      case F32 -> low(key.bits(shape), 24).cast(DType.F32).mul(0x1p-24);
      // 26 bits over 27 bits: 53 fill that of a double.
      case F64 -> {
        Tensor words = key.bits(twice("uniform", shape));
        Tensor high = low(words.get(0), 26).cast(DType.F64).mul(0x1p27);
        yield high.add(low(words.get(1), 27).cast(DType.F64)).mul(0x1p-53);
      }
      case F16 -> low(key.bits(shape), 11).cast(dtype).mul(0x1p-11);
      case BF16 -> low(key.bits(shape), 8).cast(dtype).mul(0x1p-8);
      case I8, I16, I32, I64, U8, BOOL -> throw noFloat(dtype);
    };
  }

  private static TypeException noFloat(DType dtype) {
    return new TypeException(
        "uniform: dtype=" + dtype + ", expected a float type (" + SourceLocation.here() + ")");
  }

  private static Shape twice(String op, Shape shape) {
    return Moves.named(op, () -> shape.insert(0, 2));
  }

  private static Tensor low(Tensor words, int bits) {
    return words.and(HostTensor.of(new int[] {(1 << bits) - 1}));
  }

  /**
   * Uniform on [low, high), both rounded to {@code dtype}: {@code low + (high - low) u}, where a
   * result that would round up to {@code high} is the greatest number below it instead. For 16-bit
   * types u has 24 bits.
   *
   * @throws TypeException when the range [low, high) holds no number of the type
   */
  public static Tensor uniform(RandomKey key, Shape shape, DType dtype, double low, double high) {
    Given.given("uniform", "key", key);
    Given.given("uniform", "shape", shape);
    Given.given("uniform", "dtype", dtype);
    if (!dtype.isFloat()) {
      throw noFloat(dtype);
    }
    double width = high - low;
    double last = dtype.below(high);
    if (!(last >= dtype.toDouble(dtype.bitsOf(low))) || !Double.isFinite(width)) {
      throw new TypeException(
          "uniform: low=%s, high=%s, expected low < high in %s and a finite difference (%s)"
              .formatted(low, high, dtype, SourceLocation.here()));
    }
    return RoundOnce.to(dtype, wide -> uniform(key, shape, wide).mul(width).add(low)).clipMax(last);
  }

  /** Standard normal. */
  public static Tensor normal(RandomKey key, Shape shape, DType dtype) {
    Given.given("normal", "shape", shape);
    Given.given("normal", "key", key);
    Given.given("normal", "dtype", dtype);
    if (dtype.isFloat() && dtype.wide() != dtype) {
      return normal(key, shape, dtype.wide()).cast(dtype);
    }
    if (key.words() instanceof HostTensor && KnownRandom.knows(shape, dtype)) {
      return KnownRandom.normal(key.one().host(), shape, dtype);
    }
    // Box and Muller (1958): √(-2 ln u) cos(2πv), with u in (0, 1].
    Tensor uv = uniform(key, twice("normal", shape), dtype).cast(DType.F64);
    Tensor u = uv.get(0).neg().add(1);
    Tensor length = ExactMath.log(u).mul(-2).sqrt();
    return length.mul(ExactMath.cosTurns(uv.get(1))).cast(dtype);
  }

  /** Standard normal, cut off at two standard deviations. */
  public static Tensor truncatedNormal(RandomKey key, Shape shape, DType dtype) {
    Given.given("truncatedNormal", "shape", shape);
    // x = √2 erf⁻¹(c u), u uniform on (-1, 1), c = erf(2/√2)
    Tensor u = uniform(key, shape, DType.F64);
    Tensor x = u.mul(2 * WITHIN_TWO).sub(WITHIN_TWO);
    return x.erfInv().mul(Math.sqrt(2)).cast(dtype);
  }

  /** Exponential with mean 1. */
  public static Tensor exponential(RandomKey key, Shape shape, DType dtype) {
    Given.given("exponential", "shape", shape);
    return waiting(key, shape).cast(dtype);
  }

  // -ln u, with u in (0, 1]
  private static Tensor waiting(RandomKey key, Shape shape) {
    return ExactMath.log(uniform(key, shape, DType.F64).neg().add(1)).neg();
  }

  /** Gumbel (extreme value) with mode 0 and scale 1: -ln E, E exponential. */
  public static Tensor gumbel(RandomKey key, Shape shape, DType dtype) {
    Given.given("gumbel", "shape", shape);
    // E is clamped to the resolution of u from below; E/64 < 1, where the logarithm is defined
    Tensor e = waiting(key, shape);
    return ExactMath.log(e.max(e.like(0x1p-54)).mul(0x1p-6)).add(6 * Math.log(2)).neg().cast(dtype);
  }

  /**
   * Gamma with scale 1 and shape parameter {@code alpha} &gt; 0, one for each element, in the type
   * of {@code alpha}; it has no derivative in {@code alpha}. Marsaglia and Tsang, <i>A simple
   * method for generating gamma variables</i> (2000).
   */
  public static Tensor gamma(RandomKey key, Tensor alpha) {
    Given.given("gamma", "key", key);
    Given.given("gamma", "alpha", alpha);
    List<RandomKey> keys = key.split(3);
    Tensor wanted = alpha.stopGradient().cast(DType.F64);
    Tensor small = wanted.lt(1);
    Tensor d = small.select(wanted.add(1), wanted).sub(1.0 / 3);
    Shape shape = alpha.shape();
    Shape rounds = Moves.named("gamma", () -> shape.insert(0, ROUNDS));
    Tensor x = normal(keys.get(0), rounds, DType.F64);
    // v = (1 + x/√(9d))³, accepted when ln u < x²/2 + d - dv + d ln v
    Tensor root = x.div(d.mul(9).sqrt()).add(1);
    Tensor v = root.mul(root).mul(root);
    Tensor log = ExactMath.log(v.max(v.like(0x1p-50)).mul(0x1p-10)).add(10 * Math.log(2));
    Tensor limit = x.square().mul(0.5).add(d.mul(v.neg().add(1).add(log)));
    Tensor accepted = v.gt(0).and(waiting(keys.get(1), rounds).neg().lt(limit));
    Tensor first = accepted.cast(DType.I32).argMax(0).expandDims(0);
    Tensor one = d.mul(v.takeAlongAxis(first, 0).squeeze(0));
    // Γ(α) = Γ(α+1) U^(1/α)
    Tensor power = waiting(keys.get(2), shape).neg().div(wanted).mul(1 / Math.log(2)).exp2();
    return small.select(one.mul(power), one).cast(alpha.dtype());
  }

  /**
   * True with the probability given by each element of {@code p}, in steps of 2^-53 for f64, else
   * of 2^-24, also for 16-bit types.
   */
  public static Tensor bernoulli(RandomKey key, Tensor p) {
    Tensor wide = RoundOnce.wide(p);
    return uniform(key, p.shape(), wide.dtype()).lt(wide);
  }

  /**
   * Indices (i32) along {@code axis}, each with a probability in proportion to e^logit; no
   * normalisation is needed. Picks the logit that is greatest after {@link #gumbel} noise is added,
   * the first of several.
   */
  public static Tensor categorical(RandomKey key, Tensor logits, int axis) {
    // 16-bit noise would often tie, and ties go to the first
    Tensor wide = RoundOnce.wide(logits);
    return wide.add(gumbel(key, logits.shape(), wide.dtype())).argMax(axis);
  }

  /** Returns the numbers 0 to n-1 in random order, {@code i32[n]}. */
  public static Tensor permutation(RandomKey key, int n) {
    Given.given("permutation", "key", key);
    // 64-bit keys: ties would make the order of equal keys visible
    Tensor words = key.bits(Moves.shape("permutation", 2, n)).cast(DType.I64);
    Tensor order = words.get(0).shiftLeft(32).xor(words.get(1));
    return order.argSort(0, false);
  }

  /** Shuffles {@code x} along {@code axis}, in the same order at every other position. */
  public static Tensor permutation(RandomKey key, Tensor x, int axis) {
    Given.given("permutation", "key", key);
    Given.given("permutation", "x", x);
    return x.take(permutation(key, x.dim(axis)), axis);
  }

  /** True with probability {@code p}. */
  public static Tensor bernoulli(RandomKey key, double p, Shape shape) {
    Ranges.share("bernoulli", "p", p);
    Given.given("bernoulli", "shape", shape);
    return uniform(key, shape, DType.F32).lt(p);
  }

  /** Uniform on the integers low ≤ x &lt; high, i32; the bias is below (high-low)·2^-53. */
  public static Tensor integers(RandomKey key, Shape shape, int low, int high) {
    Given.given("integers", "key", key);
    Given.given("integers", "shape", shape);
    if (high <= low) {
      throw new TypeException(
          "integers: low="
              + low
              + ", high="
              + high
              + ", expected low < high ("
              + SourceLocation.here()
              + ")");
    }
    Tensor u = uniform(key, shape, DType.F64);
    return u.mul((double) high - low).floor().add(low).cast(DType.I32);
  }
}
