package dev.engram.nn;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;

/**
 * Activation functions, elementwise unless stated otherwise. 16-bit types are computed in f32 and
 * rounded once.
 */
public final class Activations {
  // Klambauer et al. 2017, to double precision.
  private static final double SELU_ALPHA = 1.6732632423543772;
  private static final double SELU_SCALE = 1.0507009873554805;

  private Activations() {}

  /** {@code max(x, 0)} */
  public static Tensor relu(Tensor x) {
    Given.given("relu", "x", x);
    return x.relu();
  }

  /** {@code x} above 0, {@code slope · x} below. */
  public static Tensor leakyRelu(Tensor x, double slope) {
    Ranges.finite("leakyRelu", "slope", slope);
    return RoundOnce.of(x, y -> y.gt(0).select(y, y.mul(slope)));
  }

  /** {@code min(max(x, 0), 6)} */
  public static Tensor relu6(Tensor x) {
    Given.given("relu6", "x", x);
    return x.clip(0, 6);
  }

  /** {@code x} above 0, {@code alpha (e^x - 1)} below (Clevert et al. 2016). */
  public static Tensor elu(Tensor x, double alpha) {
    Ranges.finite("elu", "alpha", alpha);
    return RoundOnce.of(x, y -> eluOf(y, alpha));
  }

  // The branch that is not taken gets 0: e^x may be infinite, and 0 ∞ in a derivative is NaN.
  private static Tensor eluOf(Tensor x, double alpha) {
    Tensor above = x.gt(0);
    return above.select(x, above.select(x.like(0), x).expm1().mul(alpha));
  }

  /**
   * {@code x} above 0, {@code alpha (e^(x/alpha) - 1)} below, of slope 1 at 0 for every alpha
   * (Barron 2017).
   *
   * @param alpha above 0
   */
  public static Tensor celu(Tensor x, double alpha) {
    Ranges.positive("celu", "alpha", alpha);
    return RoundOnce.of(
        x,
        y -> {
          Tensor above = y.gt(0);
          Tensor below = above.select(y.like(0), y).div(alpha).expm1().mul(alpha);
          return above.select(y, below);
        });
  }

  /** The scaled ELU that normalizes itself (Klambauer et al. 2017). */
  public static Tensor selu(Tensor x) {
    return RoundOnce.of(x, y -> eluOf(y, SELU_ALPHA).mul(SELU_SCALE));
  }

  /** {@code x σ(x)}, also called swish (Elfwing et al. 2018). */
  public static Tensor silu(Tensor x) {
    return RoundOnce.of(x, y -> y.mul(y.sigmoid()));
  }

  /** {@code x tanh(log(1 + e^x))} (Misra 2019). */
  public static Tensor mish(Tensor x) {
    return RoundOnce.of(x, y -> y.mul(y.softplus().tanh()));
  }

  /**
   * {@code x Φ(x)} with {@code Φ(x) ≈ (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2} (Hendrycks and
   * Gimpel 2016).
   */
  public static Tensor gelu(Tensor x) {
    return RoundOnce.of(x, Activations::geluOf);
  }

  private static Tensor geluOf(Tensor x) {
    Tensor inner = x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
    return x.mul(inner.tanh().add(1)).mul(0.5);
  }

  /** {@code x Φ(x)}, with Φ by the error function (Hendrycks and Gimpel 2016). */
  public static Tensor geluExact(Tensor x) {
    // Φ(x) = erfc(-x/√2) / 2
    return RoundOnce.of(x, y -> y.mul(y.mul(-Math.sqrt(0.5)).erfc()).mul(0.5));
  }

  /** {@code x / (1 + |x|)} */
  public static Tensor softsign(Tensor x) {
    return RoundOnce.of(x, y -> y.div(y.abs().add(1)));
  }

  /** {@code min(max(x, -1), 1)} */
  public static Tensor hardTanh(Tensor x) {
    Given.given("hardTanh", "x", x);
    return x.clip(-1, 1);
  }

  /** {@code min(max(x/6 + 1/2, 0), 1)} */
  public static Tensor hardSigmoid(Tensor x) {
    return RoundOnce.of(x, y -> y.div(6).add(0.5).clip(0, 1));
  }

  /** {@code x min(max(x/6 + 1/2, 0), 1)}: silu with {@link #hardSigmoid} (Howard et al. 2019). */
  public static Tensor hardSwish(Tensor x) {
    return RoundOnce.of(x, y -> y.mul(y.div(6).add(0.5).clip(0, 1)));
  }

  /**
   * {@code x} moved towards 0 by {@code threshold}, 0 where it is nearer: the proximal map of an L1
   * penalty (Donoho 1995).
   *
   * @param threshold from 0
   */
  public static Tensor softShrink(Tensor x, double threshold) {
    Ranges.notNegative("softShrink", "threshold", threshold);
    return RoundOnce.of(x, y -> y.sub(y.clip(-threshold, threshold)));
  }

  /**
   * {@code x} where {@code |x| > threshold}, else 0 (Donoho and Johnstone 1994).
   *
   * @param threshold from 0
   */
  public static Tensor hardShrink(Tensor x, double threshold) {
    Ranges.notNegative("hardShrink", "threshold", threshold);
    return RoundOnce.of(x, y -> y.abs().gt(threshold).select(y, y.like(0)));
  }

  // x³/3 - 2x⁵/15 + …: the coefficients of x - tanh x, from x³ on
  private static final double[] TANH_SHRINK = {
    1.0 / 3,
    -2.0 / 15,
    17.0 / 315,
    -62.0 / 2835,
    1382.0 / 155925,
    -21844.0 / 6081075,
    929569.0 / 638512875,
    -6404582.0 / 10854718875.0,
    443861162.0 / 1856156927625.0
  };

  /** {@code x - tanh x}, by its series near 0, where the difference would lose all digits. */
  public static Tensor tanhShrink(Tensor x) {
    return RoundOnce.of(
        x,
        y -> {
          Tensor near = y.abs().lt(0.25);
          Tensor small = near.select(y, y.like(0));
          Tensor square = small.square();
          Tensor series = y.like(0);
          for (int i = TANH_SHRINK.length - 1; i >= 0; i--) {
            series = series.mul(square).add(TANH_SHRINK[i]);
          }
          return near.select(series.mul(square).mul(small), y.sub(y.tanh()));
        });
  }

  /**
   * {@code (x + √(x² + b)) / 2}, a softplus without exponentials (Barron 2021: b = 4).
   *
   * @param b above 0: how wide the bend is
   */
  public static Tensor squareplus(Tensor x, double b) {
    Ranges.positive("squareplus", "b", b);
    // max(x, 0) + b / (2 (r + |x|)), r = √(x² + b) in units of m, so that x² does not overflow
    return RoundOnce.of(
        x,
        y -> {
          Tensor m = y.abs().max(y.like(Math.sqrt(b))).stopGradient();
          Tensor r = y.div(m).square().add(m.reciprocal().mul(Math.sqrt(b)).square()).sqrt().mul(m);
          return y.relu().add(r.add(y.abs()).reciprocal().mul(b / 2));
        });
  }

  /**
   * 0 up to -1, {@code (x + 1)² / 4} up to 1, then {@code x}; its slope is {@link #sparseSigmoid}.
   */
  public static Tensor sparsePlus(Tensor x) {
    // c² + max(x - 1, 0) with c = sparseSigmoid(x)
    return RoundOnce.of(x, y -> y.add(1).mul(0.5).clip(0, 1).square().add(y.sub(1).relu()));
  }

  /** {@code min(max((x + 1)/2, 0), 1)}: sparsemax of two classes (Martins and Astudillo 2016). */
  public static Tensor sparseSigmoid(Tensor x) {
    return RoundOnce.of(x, y -> y.add(1).mul(0.5).clip(0, 1));
  }

  /** Softmax of {@code -x} along {@code axis}. */
  public static Tensor softmin(Tensor x, int axis) {
    Given.given("softmin", "x", x);
    return x.neg().softmax(axis);
  }

  /** {@code (x - mean) / √(variance + 1e-5)} over the last axis, without parameters. */
  public static Tensor standardize(Tensor x) {
    Given.given("standardize", "x", x);
    return RoundOnce.of(x, y -> Normalization.standard(y, 1e-5));
  }

  /** {@code log σ(x)} */
  public static Tensor logSigmoid(Tensor x) {
    Given.given("logSigmoid", "x", x);
    return x.neg().softplus().neg();
  }

  /**
   * {@code a σ(b)} for the halves a, b of the last axis (Dauphin et al. 2017): {@code [..., 2n]} to
   * {@code [..., n]}.
   */
  public static Tensor glu(Tensor x) {
    Given.given("glu", "x", x);
    var halves = x.split(-1, 2);
    return RoundOnce.of(halves.get(0), halves.get(1), (a, b) -> a.mul(b.sigmoid()));
  }
}
