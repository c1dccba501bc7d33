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

  private static Tensor eluOf(Tensor x, double alpha) {
    return x.gt(0).select(x, x.expm1().mul(alpha));
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
