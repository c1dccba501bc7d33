package dev.engram.bench;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** Measurements of one thing, in increasing order. */
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

  double median() {
    int n = sorted.size();
    return (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
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

  /** Each measurement through {@code f}, such as a time to a rate. */
  Samples map(DoubleUnaryOperator f) {
    return new Samples(sorted.stream().map(f::applyAsDouble).toList());
  }
}
