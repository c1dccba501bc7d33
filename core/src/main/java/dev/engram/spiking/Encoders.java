package dev.engram.spiking;

import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.Moves;
import dev.engram.ir.tensor.RoundOnce;
import java.util.Arrays;

/**
 * Encodes values as spike trains: {@code [...]} to {@code [T, ...]} of 0 and 1. 16-bit types are
 * computed in f32, because they cannot represent late steps exactly.
 */
public final class Encoders {
  private Encoders() {}

  /**
   * Spikes in each step with the value as probability, independently of all others.
   *
   * @param p probability of a spike per step: a rate in hertz times dt in seconds
   */
  public static Tensor poisson(RandomKey key, Tensor p, int steps) {
    Given.given("poisson", "p", p);
    int n = checked("poisson", steps);
    Shape shape = Moves.named("poisson", () -> p.shape().insert(0, n));
    return RandomTensors.bernoulli(key, p.broadcastTo(shape)).cast(p.dtype());
  }

  /**
   * Spikes once, earlier for greater values: at step {@code round((1-x) (steps-1))}. Values that
   * are not above 0 do not spike; values above 1 count as 1.
   */
  public static Tensor latency(Tensor x, int steps) {
    double last = checked("latency", steps) - 1.0;
    return RoundOnce.of(x, y -> onset(y.clip(0, 1).neg().add(1).mul(last).round(), y.gt(0), steps));
  }

  /**
   * Spikes once, when a noise-free neuron that charges towards x reaches the threshold: at step
   * {@code ⌊tau ln(x / (x - threshold))⌋}. There is no spike where that is not below {@code steps},
   * or x is not above the threshold.
   *
   * @param tau time constant, in steps
   */
  public static Tensor logLatency(Tensor x, double tau, double threshold, int steps) {
    Ranges.positive("logLatency", "tau", tau);
    Ranges.finite("logLatency", "threshold", threshold);
    checked("logLatency", steps);
    return RoundOnce.of(x, y -> charged(y, tau, threshold, steps));
  }

  private static Tensor charged(Tensor x, double tau, double threshold, int steps) {
    Tensor over = x.gt(threshold);
    Tensor safe = over.select(x, x.like(2 * threshold + 1));
    Tensor at = safe.div(safe.sub(threshold)).log().mul(tau).floor();
    return onset(at, over, steps);
  }

  private static Tensor onset(Tensor at, Tensor some, int steps) {
    Tensor time = times(at, steps);
    return time.eq(at).and(some).cast(at.dtype());
  }

  /**
   * Spikes evenly and deterministically: where the running sum of the values passes an integer.
   *
   * @param p spikes per step, 0 to 1
   */
  public static Tensor rate(Tensor p, int steps) {
    checked("rate", steps);
    return RoundOnce.of(p, wide -> even(wide, steps));
  }

  private static Tensor even(Tensor p, int steps) {
    Tensor time = times(p, steps);
    Tensor before = time.mul(p).floor();
    Tensor after = time.add(1).mul(p).floor();
    return after.gt(before).cast(p.dtype());
  }

  // 0, 1, …, steps-1 along a new axis in front, of length 1 along the others
  private static Tensor times(Tensor x, int steps) {
    int[] dims = new int[x.rank() + 1];
    Arrays.fill(dims, 1);
    dims[0] = steps;
    double[] t = new double[steps];
    Arrays.setAll(t, i -> i);
    return HostTensor.of(t, dims).cast(x.dtype());
  }

  private static int checked(String encoder, int steps) {
    if (steps < 1) {
      throw new TypeException(
          encoder + ": steps=" + steps + ", expected at least 1 (" + SourceLocation.here() + ")");
    }
    return steps;
  }
}
