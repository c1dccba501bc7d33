package dev.engram.optim;

import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.Where;

/** A learning rate that depends on how many updates have been made. */
@FunctionalInterface
public interface LearningRate {

  /**
   * The rate of the next update.
   *
   * @param done updates made before it, a float scalar
   * @return a scalar of the same type
   */
  Tensor at(Tensor done);

  /** Always {@code rate}. */
  static LearningRate constant(double rate) {
    return done -> done.like(rate);
  }

  /** {@code rate · factor^⌊done / every⌋} */
  static LearningRate step(double rate, double factor, int every) {
    positive("step", "every", every);
    return done -> done.like(factor).pow(done.div(every).floor()).mul(rate);
  }

  /** {@code rate · factor^(done / every)} */
  static LearningRate exponential(double rate, double factor, int every) {
    positive("exponential", "every", every);
    return done -> done.like(factor).pow(done.div(every)).mul(rate);
  }

  /**
   * From {@code rate} to {@code last} along half a period of a cosine, in {@code length} updates
   * (Loshchilov and Hutter 2017): {@code last + (rate - last) (1 + cos(π done / length)) / 2}, and
   * {@code last} ever after.
   */
  static LearningRate cosine(double rate, double last, int length) {
    positive("cosine", "length", length);
    return done -> {
      Tensor part = done.div(length).clip(0, 1);
      return part.mul(Math.PI).cos().add(1).mul((rate - last) / 2).add(last);
    };
  }

  /** From {@code first} to {@code last} in equal steps, in {@code length} updates. */
  static LearningRate linear(double first, double last, int length) {
    positive("linear", "length", length);
    return done -> done.div(length).clip(0, 1).mul(last - first).add(first);
  }

  /**
   * Rises linearly from 0 for {@code length} updates to the first rate of {@code then}, which
   * follows as if it started there.
   */
  static LearningRate warmup(int length, LearningRate then) {
    positive("warmup", "length", length);
    return done -> {
      Tensor rising = then.at(done.like(0)).mul(done.div(length));
      return done.lt(length).select(rising, then.at(done.sub(length).relu()));
    };
  }

  private static void positive(String schedule, String what, int n) {
    if (n < 1) {
      throw new TypeException(
          "LearningRate."
              + schedule
              + ": "
              + what
              + "="
              + n
              + ", expected at least 1 ("
              + Where.here()
              + ")");
    }
  }
}
