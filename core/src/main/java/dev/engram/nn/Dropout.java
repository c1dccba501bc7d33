package dev.engram.nn;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.tensor.RoundOnce;
import java.util.List;

/**
 * Sets each element to zero with probability {@code rate}, and divides the others by {@code 1 -
 * rate} (Srivastava et al. 2014); in evaluation it is the identity. State: {@code key}, which each
 * call advances.
 *
 * <p>Under {@link dev.engram.Vmap} all examples share the key, and so drop the same elements; call
 * {@link #drop} with one key per example to drop different ones.
 */
public final class Dropout extends Layer {
  private final double rate;
  private final Mode mode;
  private final State key;

  /**
   * @param rate from 0 to below 1
   * @param mode when to drop
   */
  public Dropout(double rate, RandomKey key, Mode mode) {
    Given.given("Dropout", "key", key);
    Given.given("Dropout", "mode", mode);
    this.rate = checked(rate);
    this.mode = mode;
    this.key = other(key.words());
  }

  @Override
  public Tensor update(Tensor x) {
    List<RandomKey> keys = new RandomKey(key.value()).split(2);
    key.set(keys.get(0).words());
    return mode.training().select(drop(x, rate, keys.get(1)), x);
  }

  /** Drops elements of {@code x} by {@code key}. */
  public static Tensor drop(Tensor x, double rate, RandomKey key) {
    Given.given("Dropout.drop", "x", x);
    double kept = 1 - checked(rate);
    return keeping(x, kept, RandomTensors.bernoulli(key, kept, x.shape()));
  }

  /** {@code x / kept} where it stays, else 0. */
  static Tensor keeping(Tensor x, double kept, Tensor stays) {
    Tensor grown = RoundOnce.of(x, y -> y.mul(1 / kept));
    return stays.select(grown, x.like(0));
  }

  private static double checked(double rate) {
    if (!(rate >= 0 && rate < 1)) {
      throw new TypeException(
          "Dropout: rate=" + rate + ", expected 0 <= rate < 1 (" + SourceLocation.here() + ")");
    }
    return rate;
  }
}
