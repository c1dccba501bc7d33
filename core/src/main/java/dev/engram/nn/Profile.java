package dev.engram.nn;

import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.function.DoubleUnaryOperator;

/**
 * How connections become rarer with distance.
 *
 * @param at of a distance; not negative, and nowhere rising
 * @param reach the distance beyond which it is 0
 */
public record Profile(DoubleUnaryOperator at, double reach) {
  public Profile {
    Given.given("Profile", "at", at);
    Ranges.positive("Profile", "reach", reach);
  }

  /** {@code exp(-d² / 2σ²)}, up to 6σ. */
  public static Profile gaussian(double sigma) {
    Ranges.positive("Profile.gaussian", "sigma", sigma);
    return new Profile(d -> StrictMath.exp(-(d / sigma) * (d / sigma) / 2), 6 * sigma);
  }

  /** {@code exp(-d / λ)}, up to 18λ. */
  public static Profile exponential(double lambda) {
    Ranges.positive("Profile.exponential", "lambda", lambda);
    return new Profile(d -> StrictMath.exp(-d / lambda), 18 * lambda);
  }

  /** 1 up to a distance. */
  public static Profile disc(double radius) {
    return new Profile(_ -> 1, radius);
  }

  /** This profile times a factor, such as the probability at distance 0. */
  public Profile times(double factor) {
    Ranges.notNegative("Profile.times", "factor", factor);
    return new Profile(d -> factor * at.applyAsDouble(d), reach);
  }

  /** This profile, 0 beyond {@code radius}. */
  public Profile within(double radius) {
    return new Profile(at, Math.min(radius, reach));
  }

  /** The value at a distance, 0 beyond the reach. */
  double of(double distance) {
    return distance > reach ? 0 : at.applyAsDouble(distance);
  }
}
