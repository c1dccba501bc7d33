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
import dev.engram.linalg.Linalg;
import dev.engram.random.Counts;
import dev.engram.random.ExactMath;
import dev.engram.random.Gamma;
import dev.engram.random.KnownRandom;
import java.util.List;

/** Draws random tensors from explicit keys. */
public final class RandomTensors {
  /** erf(2/√2): the mass of a normal variable within two standard deviations. */
  private static final double WITHIN_TWO = 0.954499736103642;

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
    Gamma g = Gamma.of(key, alpha.stopGradient().cast(DType.F64));
    return g.value().cast(alpha.dtype());
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

  // Distributions with a scale or a place: multiply and add them; derivatives are those of that.

  /** Laplace (double exponential) with mean 0 and scale 1. */
  public static Tensor laplace(RandomKey key, Shape shape, DType dtype) {
    List<RandomKey> keys = pair("laplace", key, shape, dtype);
    Tensor size = waiting(keys.get(0), shape);
    return signed(keys.get(1), size).cast(dtype);
  }

  /** Logistic with mean 0 and scale 1: the difference of two of {@link #gumbel}. */
  public static Tensor logistic(RandomKey key, Shape shape, DType dtype) {
    List<RandomKey> keys = pair("logistic", key, shape, dtype);
    Tensor one = gumbel(keys.get(0), shape, DType.F64);
    return one.sub(gumbel(keys.get(1), shape, DType.F64)).cast(dtype);
  }

  /** Cauchy with median 0 and scale 1, up to 6e15; those beyond the range of f16 are infinite. */
  public static Tensor cauchy(RandomKey key, Shape shape, DType dtype) {
    List<RandomKey> keys = pair("cauchy", key, shape, dtype);
    // cot(πu/2), u in (0, 1]
    Tensor u = uniform(keys.get(0), shape, DType.F64).neg().add(1);
    return signed(keys.get(1), ExactMath.cotQuarter(u)).cast(dtype);
  }

  /** Rayleigh with scale 1: √(2E), E exponential. */
  public static Tensor rayleigh(RandomKey key, Shape shape, DType dtype) {
    pair("rayleigh", key, shape, dtype);
    return waiting(key, shape).mul(2).sqrt().cast(dtype);
  }

  private static List<RandomKey> pair(String op, RandomKey key, Shape shape, DType dtype) {
    Given.given(op, "key", key);
    Given.given(op, "shape", shape);
    Given.given(op, "dtype", dtype);
    return key.split(2);
  }

  /** {@code size} with either sign. */
  private static Tensor signed(RandomKey key, Tensor size) {
    Tensor below = key.bits(size.shape()).lt(0);
    return below.select(size.neg(), size);
  }

  // Distributions with a parameter for each element, in its shape and type.

  /**
   * Log-normal: {@code e^(deviation · x)}, x standard normal, one for each element of {@code
   * deviation}, in its type. It has a derivative in {@code deviation}.
   *
   * @param deviation at least 0; another value, or NaN, stops the run with a {@link
   *     dev.engram.ir.RunException}
   */
  public static Tensor logNormal(RandomKey key, Tensor deviation) {
    Given.given("logNormal", "key", key);
    Tensor wide = atLeast("logNormal", "deviation", deviation, true);
    return ExactMath.exp(normal(key, wide.shape(), DType.F64).mul(wide)).cast(deviation.dtype());
  }

  /**
   * Weibull (1951) with scale 1: {@code E^(1/shape)}, E exponential, one for each element of {@code
   * shape}, in its type. It has a derivative in {@code shape}.
   *
   * @param shape above 0; another value, or NaN, stops the run with a {@link
   *     dev.engram.ir.RunException}
   */
  public static Tensor weibull(RandomKey key, Tensor shape) {
    Given.given("weibull", "key", key);
    Tensor wide = atLeast("weibull", "shape", shape, false);
    // -ln E is that of gumbel
    return ExactMath.exp(gumbel(key, wide.shape(), DType.F64).neg().div(wide)).cast(shape.dtype());
  }

  /**
   * Pareto on [1, ∞): {@code e^(E/shape)}, E exponential, one for each element of {@code shape}, in
   * its type. It has a derivative in {@code shape}.
   *
   * @param shape above 0; another value, or NaN, stops the run with a {@link
   *     dev.engram.ir.RunException}
   */
  public static Tensor pareto(RandomKey key, Tensor shape) {
    Given.given("pareto", "key", key);
    Tensor wide = atLeast("pareto", "shape", shape, false);
    return ExactMath.exp(waiting(key, wide.shape()).div(wide)).cast(shape.dtype());
  }

  /**
   * χ² with {@code freedom} degrees of freedom, one for each element, in its type: twice {@link
   * #gamma} of half of them, without derivative.
   *
   * @param freedom above 0; another value, or NaN, stops the run with a {@link
   *     dev.engram.ir.RunException}
   */
  public static Tensor chiSquare(RandomKey key, Tensor freedom) {
    Given.given("chiSquare", "key", key);
    Tensor wide = atLeast("chiSquare", "freedom", freedom, false).stopGradient();
    return Gamma.of(key, wide.mul(0.5)).value().mul(2).cast(freedom.dtype());
  }

  /**
   * Student's t with {@code freedom} degrees of freedom, one for each element, in its type, without
   * derivative: {@code x √(freedom / χ²)}, x standard normal.
   *
   * @param freedom above 0; another value, or NaN, stops the run with a {@link
   *     dev.engram.ir.RunException}
   */
  public static Tensor studentT(RandomKey key, Tensor freedom) {
    Given.given("studentT", "key", key);
    Tensor wide = atLeast("studentT", "freedom", freedom, false).stopGradient();
    List<RandomKey> keys = key.split(2);
    Tensor half = wide.mul(0.5);
    // √(half / g) = e^((ln half - ln g)/2), which small degrees of freedom do not overflow
    Tensor log = ExactMath.logWide(half).sub(Gamma.of(keys.get(1), half).log()).mul(0.5);
    Tensor x = normal(keys.get(0), wide.shape(), DType.F64);
    return x.mul(ExactMath.exp(log)).cast(freedom.dtype());
  }

  /**
   * Beta on [0, 1], one for each pair of elements, in their type, without derivative: {@code G_a /
   * (G_a + G_b)} of two gamma variables.
   *
   * @param a above 0; another value, or NaN, stops the run with a {@link
   *     dev.engram.ir.RunException}
   * @param b likewise, of the same type
   */
  public static Tensor beta(RandomKey key, Tensor a, Tensor b) {
    Given.given("beta", "key", key);
    Given.given("beta", "b", b);
    Tensor wideA = atLeast("beta", "a", a, false).stopGradient();
    if (!b.type().equals(a.type())) {
      throw new TypeException(
          "beta: b has type %s, expected that of a, %s (%s)"
              .formatted(b.type(), a.type(), SourceLocation.here()));
    }
    Tensor wideB = atLeast("beta", "b", b, false).stopGradient();
    List<RandomKey> keys = key.split(2);
    Tensor log = Gamma.of(keys.get(1), wideB).log().sub(Gamma.of(keys.get(0), wideA).log());
    return ExactMath.exp(log).add(1).reciprocal().cast(a.dtype());
  }

  /**
   * Dirichlet: positive numbers along the last axis whose sum is 1, in the type of {@code alpha},
   * without derivative: gamma variables divided by their sum.
   *
   * @param alpha {@code [..., K]}, above 0; another value, or NaN, stops the run with a {@link
   *     dev.engram.ir.RunException}
   */
  public static Tensor dirichlet(RandomKey key, Tensor alpha) {
    Given.given("dirichlet", "key", key);
    Tensor wide = atLeast("dirichlet", "alpha", alpha, false).stopGradient();
    lastAxis("dirichlet", "alpha", alpha);
    Tensor log = Gamma.of(key, wide).log();
    Tensor shares = ExactMath.exp(log.sub(log.max(-1).expandDims(-1)));
    return shares.div(ExactMath.sum(shares)).cast(alpha.dtype());
  }

  /**
   * Poisson counts, i32, one for each element of {@code rate}, without derivative. Inversion below
   * a rate of 10, else Hörmann, <i>The transformed rejection method for generating Poisson random
   * variables</i> (1993).
   *
   * @param rate floats, 0 to 1e9; another value, or NaN, stops the run with a {@link
   *     dev.engram.ir.RunException}
   */
  public static Tensor poisson(RandomKey key, Tensor rate) {
    Given.given("poisson", "key", key);
    floats("poisson", "rate", rate);
    Tensor fits = rate.ge(0).and(rate.cast(DType.F64).le(1e9));
    Tensor wide = valid("poisson", "rate", "0 to 1e9", rate, fits);
    return Counts.poisson(key, wide.stopGradient()).cast(DType.I32);
  }

  /**
   * Binomial counts, i32: how many of {@code n} trials succeed, without derivative. Inversion below
   * 10 expected successes or failures, else Hörmann, <i>The generation of binomial random
   * variates</i> (1993).
   *
   * @param n integers, 0 to 2^31-1
   * @param p floats of the same shape, 0 to 1; another value, or NaN, stops the run with a {@link
   *     dev.engram.ir.RunException}, as does such an n
   */
  public static Tensor binomial(RandomKey key, Tensor n, Tensor p) {
    Given.given("binomial", "key", key);
    Given.given("binomial", "n", n);
    floats("binomial", "p", p);
    Tensor trials = trials("binomial", n, p.shape());
    Tensor chance = valid("binomial", "p", "0 to 1", p, p.ge(0).and(p.le(1)));
    return Counts.binomial(key, trials, chance.stopGradient()).cast(DType.I32);
  }

  /**
   * Multinomial counts, i32 {@code [..., K]}: how often each class comes in {@code n} draws, in
   * proportion to {@code p}, without derivative.
   *
   * @param n integers {@code [...]}, 0 to 2^31-1
   * @param p floats {@code [..., K]}, at least 0 and not all 0; they need not sum to 1. Other
   *     values, or NaN, stop the run with a {@link dev.engram.ir.RunException}
   */
  public static Tensor multinomial(RandomKey key, Tensor n, Tensor p) {
    Given.given("multinomial", "key", key);
    Given.given("multinomial", "n", n);
    floats("multinomial", "p", p);
    lastAxis("multinomial", "p", p);
    Tensor trials = trials("multinomial", n, p.shape().range(0, p.rank() - 1));
    return Counts.multinomial(key, trials, shares("multinomial", p)).cast(DType.I32);
  }

  /** Numbers in f64 that can be chances of classes on the last axis. */
  private static Tensor chances(String op, Tensor p) {
    Tensor some = p.gt(0).any(-1).expandDims(-1).broadcastTo(p.shape());
    Tensor fits = p.ge(0).and(p.isFinite()).and(some);
    return valid(op, "p", "finite, at least 0 and not all 0", p, fits).stopGradient();
  }

  /** {@link #chances} of which the greatest is 1, so that their sum does not overflow. */
  private static Tensor shares(String op, Tensor p) {
    Tensor known = chances(op, p);
    return known.div(known.max(-1).expandDims(-1));
  }

  private static Tensor trials(String op, Tensor n, Shape shape) {
    if (!n.dtype().isInteger() || !n.shape().equals(shape)) {
      throw new TypeException(
          "%s: n has type %s, expected i32[%s], numbers of trials (%s)"
              .formatted(op, n.type(), shape, SourceLocation.here()));
    }
    return n.checkRange("n", 0, 1L << 31).cast(DType.F64);
  }

  /**
   * Normal vectors with a mean and a covariance, in their type: {@code mean + L x}, where {@code L
   * Lᵀ} is the covariance and x standard normal. It has derivatives in both. Different compilations
   * may round it differently.
   *
   * @param mean floats {@code [..., n]}
   * @param covariance {@code [n, n]} or {@code [..., n, n]}, symmetric and positive definite; else
   *     the result is NaN
   * @return {@code [..., n]}
   */
  public static Tensor multivariateNormal(RandomKey key, Tensor mean, Tensor covariance) {
    Given.given("multivariateNormal", "key", key);
    Given.given("multivariateNormal", "covariance", covariance);
    floats("multivariateNormal", "mean", mean);
    lastAxis("multivariateNormal", "mean", mean);
    int n = mean.dim(-1);
    Shape one = Shape.of(n, n);
    Shape each = mean.shape().concat(Shape.of(n));
    boolean fits = covariance.shape().equals(one) || covariance.shape().equals(each);
    if (!fits || covariance.dtype() != mean.dtype()) {
      throw new TypeException(
          "multivariateNormal: the covariance has type %s, expected %s[%s] or [%s] (%s)"
              .formatted(covariance.type(), mean.dtype(), one, each, SourceLocation.here()));
    }
    return RoundOnce.of(
        mean,
        covariance,
        (m, c) -> {
          Tensor x = normal(key, m.shape(), m.dtype()).expandDims(-1);
          return m.add(Linalg.cholesky(c).matmul(x).squeeze(-1));
        });
  }

  /** Draws {@code count} of the numbers 0 to n-1 with equal chances, i32: again or each once. */
  public static Tensor choice(RandomKey key, int n, int count, boolean replace) {
    Given.given("choice", "key", key);
    Ranges.atLeastOne("choice", "n", n);
    Ranges.atLeastOne("choice", "count", count);
    if (replace) {
      return integers(key, Shape.of(count), 0, n);
    }
    once(count, n);
    return permutation(key, n).slice(0, 0, count);
  }

  /**
   * Draws {@code count} of the numbers 0 to n-1 with chances in proportion to {@code p}, i32.
   * Without replacement the chances are, draw by draw, those among the numbers that are left
   * (Efraimidis and Spirakis 2006).
   *
   * @param p floats {@code [n]}, at least 0, and as many above 0 as needed; they need not sum to 1.
   *     Other values, or NaN, stop the run with a {@link dev.engram.ir.RunException}
   * @param replace whether a number may be drawn again
   */
  public static Tensor choice(RandomKey key, Tensor p, int count, boolean replace) {
    Given.given("choice", "key", key);
    floats("choice", "p", p);
    Ranges.atLeastOne("choice", "count", count);
    if (p.rank() != 1 || p.dim(0) == 0) {
      throw new TypeException(
          "choice: p has type %s, expected floats [n] with n >= 1 (%s)"
              .formatted(p.type(), SourceLocation.here()));
    }
    if (replace) {
      Tensor sums = shares("choice", p).cumSum(0);
      Tensor all = sums.get(-1);
      // stays below the sum, and so off the numbers behind the last chance
      Tensor at = uniform(key, Shape.of(count), DType.F64).mul(all).min(all.mul(1 - 0x1p-52));
      return sums.searchSorted(at, true);
    }
    once(count, p.dim(0));
    Tensor wide = chances("choice", p);
    Tensor enough = wide.gt(0).cast(DType.I32).sum().ge(count);
    Tensor fits = enough.broadcastTo(p.shape());
    Tensor left = valid("choice", "p", "above 0 in as many places as are drawn", wide, fits);
    // those of chance 0 come last, behind those of the least chance
    Tensor times = waiting(key, p.shape()).div(left).min(left.like(Double.MAX_VALUE));
    Tensor order = left.gt(0).select(times, left.like(Double.POSITIVE_INFINITY));
    return order.argSort(0, false).slice(0, 0, count);
  }

  private static void once(int count, int n) {
    if (count > n) {
      throw new TypeException(
          "choice: count=%d of n=%d without replacement, expected at most n (%s)"
              .formatted(count, n, SourceLocation.here()));
    }
  }

  /**
   * An orthogonal matrix {@code [n, n]}, uniformly distributed: the Q of a normal matrix's QR
   * decomposition, its columns multiplied by the signs of R's diagonal (Mezzadri 2007).
   */
  public static Tensor orthogonal(RandomKey key, int n, DType dtype) {
    Given.given("orthogonal", "key", key);
    Given.given("orthogonal", "dtype", dtype);
    Ranges.atLeastOne("orthogonal", "n", n);
    var qr = Linalg.qr(normal(key, Shape.of(n, n), DType.F64));
    Tensor below = qr.r().diagonal(0, 0, 1).lt(0);
    return below.broadcastTo(n, n).select(qr.q().neg(), qr.q()).cast(dtype);
  }

  private static void floats(String op, String name, Tensor x) {
    Given.given(op, name, x);
    if (!x.dtype().isFloat()) {
      throw new TypeException(
          "%s: %s has type %s, expected a float type (%s)"
              .formatted(op, name, x.type(), SourceLocation.here()));
    }
  }

  private static void lastAxis(String op, String name, Tensor x) {
    if (x.rank() == 0 || x.dim(-1) == 0) {
      throw new TypeException(
          "%s: %s has type %s, expected a last axis of length 1 or more (%s)"
              .formatted(op, name, x.type(), SourceLocation.here()));
    }
  }

  private static Tensor atLeast(String op, String name, Tensor x, boolean zero) {
    floats(op, name, x);
    Tensor fits = (zero ? x.ge(0) : x.gt(0)).and(x.isFinite());
    return valid(op, name, zero ? "at least 0 and finite" : "above 0 and finite", x, fits);
  }

  /** {@code x} in f64; stops the run where it does not fit. */
  private static Tensor valid(String op, String name, String expected, Tensor x, Tensor fits) {
    String what = "%s: whether %s is not %s, at".formatted(op, name, expected);
    Tensor good = fits.not().cast(DType.I32).checkRange(what, 0, 1).eq(0);
    Tensor wide = x.cast(DType.F64);
    return good.select(wide, wide.like(1));
  }
}
