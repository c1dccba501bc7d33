package dev.engram.spiking;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Pair;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;

/**
 * The step function with a surrogate derivative, which replaces the true one that is zero almost
 * everywhere (Neftci et al. 2019).
 */
@FunctionalInterface
public interface Surrogate {

  /**
   * Returns the surrogate derivative of the step function at {@code x}, elementwise.
   *
   * @param x distance above the threshold
   */
  Tensor derivative(Tensor x);

  /** Returns 1 where {@code x > 0}, else 0, with this derivative, also in higher derivatives. */
  default Tensor spike(Tensor x) {
    Given.given("Surrogate.spike", "x", x);
    Fn1<Tensor, Tensor> step =
        Engram.customJvp(
            Surrogate::step,
            (Tensor at, Tensor tangent) -> new Pair<>(step(at), tangent.mul(derivative(at))));
    return step.apply(x);
  }

  /** 1 where {@code x > 0}, else 0. */
  static Tensor step(Tensor x) {
    Given.given("Surrogate.step", "x", x);
    return x.gt(0).cast(x.dtype());
  }

  /** Multiplies this derivative by {@code factor}. */
  default Surrogate times(double factor) {
    Ranges.finite("Surrogate.times", "factor", factor);
    return x -> derivative(x).mul(factor);
  }

  /** 1 (Bengio et al. 2013). */
  static Surrogate straightThrough() {
    return x -> x.like(1);
  }

  /** {@code 1/width} where {@code |x| < width/2} (Wu et al. 2018). */
  static Surrogate boxcar(double width) {
    Ranges.positive("Surrogate.boxcar", "width", width);
    return x -> x.abs().lt(width / 2).select(x.like(1 / width), x.like(0));
  }

  /** {@code height max(0, 1 - |x|/width)} (Bellec et al. 2018: 0.3, 1). */
  static Surrogate triangle(double height, double width) {
    Ranges.finite("Surrogate.triangle", "height", height);
    Ranges.positive("Surrogate.triangle", "width", width);
    return x -> x.abs().mul(-1 / width).add(1).relu().mul(height);
  }

  /** {@code α σ(αx) (1 - σ(αx))}: that of a logistic function. */
  static Surrogate sigmoid(double alpha) {
    Ranges.positive("Surrogate.sigmoid", "alpha", alpha);
    return x -> {
      Tensor s = x.mul(alpha).sigmoid();
      return s.mul(s.neg().add(1)).mul(alpha);
    };
  }

  /** {@code α/2 / (1 + (π α x / 2)²)}: that of {@code arctan(π α x / 2)/π} (Fang et al. 2021). */
  static Surrogate arctan(double alpha) {
    Ranges.positive("Surrogate.arctan", "alpha", alpha);
    return x -> x.mul(Math.PI / 2 * alpha).square().add(1).reciprocal().mul(alpha / 2);
  }

  /** {@code 1 / (1 + β|x|)²} (Zenke and Ganguli 2018). */
  static Surrogate superSpike(double beta) {
    Ranges.positive("Surrogate.superSpike", "beta", beta);
    return x -> x.abs().mul(beta).add(1).square().reciprocal();
  }

  /** {@code exp(-x²/(2σ²)) / (√(2π) σ)} (Yin et al. 2020). */
  static Surrogate gaussian(double sigma) {
    Ranges.positive("Surrogate.gaussian", "sigma", sigma);
    return x -> normal(x, sigma);
  }

  /**
   * {@code (1+h) N(x; 0, σ) - h N(x; σ, sσ) - h N(x; -σ, sσ)} with normal densities N (Yin et al.
   * 2021: h = 0.15, s = 6, σ = 0.5).
   */
  static Surrogate multiGaussian(double h, double s, double sigma) {
    Ranges.finite("Surrogate.multiGaussian", "h", h);
    Ranges.positive("Surrogate.multiGaussian", "s", s);
    Ranges.positive("Surrogate.multiGaussian", "sigma", sigma);
    return x ->
        normal(x, sigma)
            .mul(1 + h)
            .sub(normal(x.sub(sigma), s * sigma).add(normal(x.add(sigma), s * sigma)).mul(h));
  }

  private static Tensor normal(Tensor x, double sigma) {
    double height = 1 / (Math.sqrt(2 * Math.PI) * sigma);
    return x.square().mul(-0.5 / (sigma * sigma)).exp().mul(height);
  }

  /** {@code α/2 e^(-α|x|)} (Shrestha and Orchard 2018). */
  static Surrogate exponential(double alpha) {
    Ranges.positive("Surrogate.exponential", "alpha", alpha);
    return x -> x.abs().mul(-alpha).exp().mul(alpha / 2);
  }

  /**
   * {@code (1 + 2/(q-1) |αx|)^-q}, whose tail gets lighter as {@code q > 1} grows (Herranz-Celotti
   * and Rouat 2022).
   */
  static Surrogate pseudoSpike(double alpha, double q) {
    Ranges.positive("Surrogate.pseudoSpike", "alpha", alpha);
    Ranges.in(
        "Surrogate.pseudoSpike", "q", q, "a finite number above 1", x -> x > 1 && x < 1 / 0.0);
    return x -> x.abs().mul(2 * alpha / (q - 1)).add(1).log().mul(-q).exp();
  }

  /** 1 where {@code x > 0}, else {@code leak}. */
  static Surrogate leakyRelu(double leak) {
    Ranges.finite("Surrogate.leakyRelu", "leak", leak);
    return x -> x.gt(0).select(x.like(1), x.like(leak));
  }

  /**
   * {@code leak} where {@code x <= 0}, 1 up to {@code x = 1}, {@code 1/x} beyond (Cai et al. 2017).
   */
  static Surrogate logTailedRelu(double leak) {
    Ranges.finite("Surrogate.logTailedRelu", "leak", leak);
    return x -> {
      Tensor above = x.max(x.like(1)).reciprocal();
      return x.gt(0).select(above, x.like(leak));
    };
  }

  /**
   * {@code α σ(αx)(1 - σ(αx))} where {@code x < 0}, {@code β/(1+x)} elsewhere (Suetake et al.
   * 2022).
   */
  static Surrogate s2nn(double alpha, double beta) {
    Ranges.positive("Surrogate.s2nn", "alpha", alpha);
    Ranges.positive("Surrogate.s2nn", "beta", beta);
    Surrogate below = sigmoid(alpha);
    return x -> x.lt(0).select(below.derivative(x), x.relu().add(1).reciprocal().mul(beta));
  }

  /** {@code α / (1 + |αx|)}: that of {@code sign(x) log(1 + |αx|)}. */
  static Surrogate signLog(double alpha) {
    Ranges.positive("Surrogate.signLog", "alpha", alpha);
    return x -> x.mul(alpha).abs().add(1).reciprocal().mul(alpha);
  }

  /**
   * {@code 4/period Σ_(i=1..terms) cos(2π (2i-1) x / period)}: that of the Fourier series of a
   * square wave.
   */
  static Surrogate squareWave(int terms, double period) {
    Ranges.atLeastOne("Surrogate.squareWave", "terms", terms);
    Ranges.positive("Surrogate.squareWave", "period", period);
    return x -> {
      Tensor sum = x.like(0);
      for (int i = 1; i <= terms; i++) {
        sum = sum.add(x.mul(2 * Math.PI * (2 * i - 1) / period).cos());
      }
      return sum.mul(4 / period);
    };
  }
}
