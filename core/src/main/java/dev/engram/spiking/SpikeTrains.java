package dev.engram.spiking;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Statistics of spike trains; the van Rossum distance is {@link dev.engram.loss.Losses#vanRossum}.
 */
public final class SpikeTrains {
  private SpikeTrains() {}

  /**
   * Spikes per second.
   *
   * @param spikes {@code [T, ...]}
   * @param dt length of a step in milliseconds
   * @return {@code [...]}
   */
  public static Tensor rates(Tensor spikes, double dt) {
    Ranges.positive("rates", "dt", dt);
    Given.given("rates", "spikes", spikes);
    return spikes.mean(0).mul(1000 / dt);
  }

  /**
   * The mean rate of a population in consecutive windows of {@code window} steps, in spikes per
   * second; an incomplete last window is dropped.
   *
   * @param spikes {@code [T, N]}
   * @return {@code [T/window]}
   */
  public static Tensor populationRate(Tensor spikes, int window, double dt) {
    Ranges.atLeastOne("populationRate", "window", window);
    Ranges.positive("populationRate", "dt", dt);
    Given.given("populationRate", "spikes", spikes);
    int n = spikes.dim(0) / window;
    Tensor whole = spikes.slice(0, 0, n * window);
    return whole.reshape(n, window * spikes.dim(1)).mean(1).mul(1000 / dt);
  }

  /**
   * The times between the spikes of one train, in units of {@code dt}.
   *
   * @param spikes {@code [T]}
   */
  public static double[] intervals(HostTensor spikes, double dt) {
    Ranges.positive("intervals", "dt", dt);
    Given.given("intervals", "spikes", spikes);
    int[] at = IntStream.range(0, spikes.dim(0)).filter(t -> spikes.getDouble(t) != 0).toArray();
    double[] between = new double[Math.max(0, at.length - 1)];
    Arrays.setAll(between, i -> (at[i + 1] - at[i]) * dt);
    return between;
  }

  /**
   * The coefficient of variation of the {@link #intervals}: 0 for a regular train, 1 for a Poisson
   * process. NaN for fewer than three spikes.
   *
   * @param spikes {@code [T]}
   */
  public static double variation(HostTensor spikes) {
    double[] between = intervals(spikes, 1);
    if (between.length < 2) {
      return Double.NaN;
    }
    double mean = Arrays.stream(between).average().orElseThrow();
    double square =
        Arrays.stream(between).map(i -> (i - mean) * (i - mean)).average().orElseThrow();
    return Math.sqrt(square) / mean;
  }

  /**
   * The synchrony of a population (Golomb and Rinzel 1994): the variance over time of the mean of
   * all traces over the mean of their variances, rooted. 1 for equal traces, about {@code 1/√N} for
   * independent ones.
   *
   * @param traces potentials or filtered spikes, {@code [T, N]}
   * @return {@code []}
   */
  public static Tensor synchrony(Tensor traces) {
    Given.given("synchrony", "traces", traces);
    return variance(traces.mean(1)).div(variance(traces).mean()).sqrt();
  }

  private static Tensor variance(Tensor x) {
    return x.sub(x.mean(0)).square().mean(0);
  }
}
