package dev.engram.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.distribution.BinomialDistribution;
import org.apache.commons.math3.stat.descriptive.rank.Median;

/** Measurements of one quantity, in increasing order. */
record Samples(List<Double> sorted) {

  /**
   * @throws IllegalArgumentException when there is none
   */
  Samples {
    if (sorted.isEmpty()) {
      throw new IllegalArgumentException("no measurements");
    }
    sorted = sorted.stream().sorted().toList();
  }

  static Samples of(double... values) {
    return new Samples(Arrays.stream(values).boxed().toList());
  }

  /** An interval. */
  record Interval(double low, double high) {}

  double median() {
    return new Median().evaluate(toArray());
  }

  /**
   * Returns a confidence interval of the median with a level of at least 95 %, for any
   * distribution: the k-th smallest and the k-th largest of n, with the greatest k for which the
   * probability that fewer than k of n lie below the median is at most 2.5 %, {@code P(Bin(n, 1/2)
   * < k) ≤ 0.025} (Conover 1999, 3.2). Needs at least six measurements.
   */
  Optional<Interval> median95() {
    int n = sorted.size();
    BinomialDistribution below = new BinomialDistribution(null, n, 0.5);
    int k = 0;
    while (below.cumulativeProbability(k) <= 0.025) {
      k++;
    }
    return k == 0
        ? Optional.empty()
        : Optional.of(new Interval(sorted.get(k - 1), sorted.get(n - k)));
  }

  private double[] toArray() {
    return sorted.stream().mapToDouble(Double::doubleValue).toArray();
  }

  double min() {
    return sorted.getFirst();
  }

  double max() {
    return sorted.getLast();
  }

  int count() {
    return sorted.size();
  }

  /** Maps each measurement by {@code f}, such as a time to a rate. */
  Samples map(DoubleUnaryOperator f) {
    return new Samples(sorted.stream().map(f::applyAsDouble).toList());
  }
}
