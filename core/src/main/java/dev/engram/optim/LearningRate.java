package dev.engram.optim;

import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;

/**
 * A learning rate that depends on the number of updates made. The arguments of the factories must
 * be finite and not negative.
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
    return done -> {
      Tensor rising = then.at(done.like(0)).mul(done.div(length));
      return done.lt(length).select(rising, then.at(done.sub(length).relu()));
    };
  }
}
