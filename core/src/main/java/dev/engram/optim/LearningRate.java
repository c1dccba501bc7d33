package dev.engram.optim;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;

/**
 * A learning rate that depends on the number of updates made. The arguments of the factories must
 * be finite and not negative.
 *
 * <p>One of your own is a function of that number, in ops, for it is traced. One that also depends
 * on states, as {@link Plateau} does, is a {@link dev.engram.Model}: its states become states
 * {@code rate.…} of the optimizer.
 */
@FunctionalInterface
public interface LearningRate {

  /**
   * Returns the rate of the next update.
   *
   * @param done number of updates made before it, a float scalar
   * @return a scalar of the same type
   */
  Tensor at(Tensor done);

  /** Returns a constant {@code rate}, at least 0. */
  static LearningRate constant(double rate) {
    Ranges.notNegative("LearningRate.constant", "rate", rate);
    return done -> done.like(rate);
  }

  /** {@code rate · factor^⌊done / every⌋} */
  static LearningRate step(double rate, double factor, int every) {
    Ranges.atLeastOne("LearningRate.step", "every", every);
    Ranges.notNegative("LearningRate.step", "rate", rate);
    Ranges.notNegative("LearningRate.step", "factor", factor);
    return done -> done.like(factor).pow(done.div(every).floor()).mul(rate);
  }

  /** {@code rate · factor^(done / every)} */
  static LearningRate exponential(double rate, double factor, int every) {
    Ranges.atLeastOne("LearningRate.exponential", "every", every);
    Ranges.notNegative("LearningRate.exponential", "rate", rate);
    Ranges.notNegative("LearningRate.exponential", "factor", factor);
    return done -> done.like(factor).pow(done.div(every)).mul(rate);
  }

  /**
   * From {@code rate} to {@code last} along half a period of a cosine, over {@code length} updates
   * (Loshchilov and Hutter 2017): {@code last + (rate - last) (1 + cos(π done / length)) / 2}, and
   * {@code last} afterwards.
   */
  static LearningRate cosine(double rate, double last, int length) {
    Ranges.atLeastOne("LearningRate.cosine", "length", length);
    Ranges.notNegative("LearningRate.cosine", "rate", rate);
    Ranges.notNegative("LearningRate.cosine", "last", last);
    return done -> {
      Tensor part = done.div(length).clip(0, 1);
      return part.mul(Math.PI).cos().add(1).mul((rate - last) / 2).add(last);
    };
  }

  /** From {@code first} to {@code last} in equal steps, over {@code length} updates. */
  static LearningRate linear(double first, double last, int length) {
    Ranges.atLeastOne("LearningRate.linear", "length", length);
    Ranges.notNegative("LearningRate.linear", "first", first);
    Ranges.notNegative("LearningRate.linear", "last", last);
    return done -> done.div(length).clip(0, 1).mul(last - first).add(first);
  }

  /**
   * Rises linearly from 0, over {@code length} updates, to the first rate of {@code then}, which
   * takes over from its own start.
   */
  static LearningRate warmup(int length, LearningRate then) {
    Given.given("LearningRate.warmup", "then", then);
    Ranges.atLeastOne("LearningRate.warmup", "length", length);
    return new InTurn(done -> then.at(done.like(0)).mul(done.div(length)), length, then);
  }

  /** {@code first} for {@code length} updates, and {@code then}, from its own start, afterwards. */
  static LearningRate inTurn(LearningRate first, int length, LearningRate then) {
    Given.given("LearningRate.inTurn", "first", first);
    Given.given("LearningRate.inTurn", "then", then);
    Ranges.atLeastOne("LearningRate.inTurn", "length", length);
    return new InTurn(first, length, then);
  }

  /**
   * From {@code first} to {@code last} along a power, over {@code length} updates: {@code last +
   * (first - last) (1 - done / length)^power}, and {@code last} afterwards.
   *
   * @param power above 0
   */
  static LearningRate polynomial(double first, double last, double power, int length) {
    Ranges.atLeastOne("LearningRate.polynomial", "length", length);
    Ranges.notNegative("LearningRate.polynomial", "first", first);
    Ranges.notNegative("LearningRate.polynomial", "last", last);
    Ranges.positive("LearningRate.polynomial", "power", power);
    return done -> {
      Tensor left = done.div(length).clip(0, 1).neg().add(1);
      return left.pow(power).mul(first - last).add(last);
    };
  }

  /**
   * {@code rates[0]} before {@code ends[0]} updates, {@code rates[1]} from then on and before
   * {@code ends[1]}, and so on; the last rate afterwards.
   *
   * @param rates one more than {@code ends}
   * @param ends increasing, each at least 1
   */
  static LearningRate piecewise(double[] rates, int... ends) {
    Piecewise pieces = new Piecewise("LearningRate.piecewise", rates, ends);
    return pieces::steps;
  }

  /**
   * Along straight lines from {@code rates[0]} at the start to {@code rates[1]} after {@code
   * ends[0]} updates, {@code rates[2]} after {@code ends[1]}, and so on; the last rate afterwards.
   *
   * @param rates one more than {@code ends}
   * @param ends increasing, each at least 1
   */
  static LearningRate interpolated(double[] rates, int... ends) {
    Piecewise pieces = new Piecewise("LearningRate.interpolated", rates, ends);
    return done -> pieces.between(done, part -> part);
  }

  /**
   * One cycle (Smith and Topin 2018) over {@code length} updates: from {@code peak/25} up to {@code
   * peak} in the first 30 percent, and down to {@code peak/250000}.
   *
   * @param length at least 2
   */
  static LearningRate oneCycle(double peak, int length) {
    Ranges.notNegative("LearningRate.oneCycle", "peak", peak);
    return oneCycle(peak / 25, peak, peak / 25e4, 0.3, length);
  }

  /**
   * From {@code first} up to {@code peak} and down to {@code last}, both along half a period of a
   * cosine, and {@code last} afterwards.
   *
   * @param rise share of the {@code length} updates that lead to the peak, above 0 and below 1,
   *     rounded down to whole updates, at least one
   * @param length at least 2
   */
  static LearningRate oneCycle(double first, double peak, double last, double rise, int length) {
    String who = "LearningRate.oneCycle";
    Ranges.notNegative(who, "first", first);
    Ranges.notNegative(who, "peak", peak);
    Ranges.notNegative(who, "last", last);
    Ranges.in(who, "rise", rise, "0 < rise < 1", x -> x > 0 && x < 1);
    Ranges.atLeast(who, "length", length, 2);
    int top = (int) Math.max(1, rise * length);
    Piecewise pieces =
        new Piecewise(who, new double[] {first, peak, last}, new int[] {top, length});
    return done -> pieces.between(done, part -> part.mul(Math.PI).cos().neg().add(1).div(2));
  }

  /**
   * Cosines with warm restarts (Loshchilov and Hutter 2017): each cycle goes from {@code rate} to
   * {@code last} as {@link #cosine} does; the first is {@code length} updates long, each other
   * {@code factor} times as long as the one before.
   *
   * @param factor at least 1
   */
  static LearningRate cosineRestarts(double rate, double last, int length, int factor) {
    Ranges.atLeastOne("LearningRate.cosineRestarts", "length", length);
    Ranges.atLeastOne("LearningRate.cosineRestarts", "factor", factor);
    Ranges.notNegative("LearningRate.cosineRestarts", "rate", rate);
    Ranges.notNegative("LearningRate.cosineRestarts", "last", last);
    return done -> {
      Tensor part = restarted(done, length, factor);
      return part.mul(Math.PI).cos().add(1).mul((rate - last) / 2).add(last);
    };
  }

  // Cycle i starts after length (factorⁱ - 1)/(factor - 1) updates. The logarithm may be rounded to
  // the other side of a whole number, so the power is compared with what it is taken of.
  private static Tensor restarted(Tensor done, int length, int factor) {
    if (factor == 1) {
      return done.rem(length).div(length);
    }
    Tensor of = done.mul(factor - 1).div(length).add(1);
    Tensor near = of.like(factor).pow(of.log().div(Math.log(factor)).round()).round();
    Tensor power = near.gt(of).select(near.div(factor), near);
    Tensor start = power.sub(1).mul(length).div(factor - 1);
    return done.sub(start).div(power.mul(length));
  }

  /**
   * {@code rate · √(length / (length + done))}; after {@link #warmup} of the same length it is the
   * schedule of Vaswani et al. (2017), {@code rate · min(t / length, √(length / t))} after t
   * updates.
   */
  static LearningRate inverseSqrt(double rate, int length) {
    Ranges.atLeastOne("LearningRate.inverseSqrt", "length", length);
    Ranges.notNegative("LearningRate.inverseSqrt", "rate", rate);
    return done -> done.div(length).add(1).rsqrt().mul(rate);
  }
}
