package dev.engram.bench;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One row of the table: a quantity that was measured.
 *
 * @param atMost the goal for the median, if there is one
 * @param peer the peer's measurements, if there are any
 */
record Row(String name, Unit unit, Samples ours, OptionalDouble atMost, Optional<Samples> peer) {

  /**
   * What is measured, and how.
   *
   * @param more true when more is better
   */
  record Unit(String text, boolean more) {
    static final Unit MS = new Unit("ms", false);
    static final Unit MICROS = new Unit("µs", false);
    static final Unit SECONDS = new Unit("s", false);
    static final Unit BYTES = new Unit("bytes", false);
    static final Unit MEGABYTES = new Unit("MB", false);
    static final Unit COUNT = new Unit("", false);
    static final Unit RATIO = new Unit("ratio", false);
  }

  static Row of(String name, Unit unit, Samples ours) {
    return new Row(name, unit, ours, OptionalDouble.empty(), Optional.empty());
  }

  static Row of(String name, Unit unit, double value) {
    return of(name, unit, Samples.of(value));
  }

  Row atMost(double goal) {
    return new Row(name, unit, ours, OptionalDouble.of(goal), peer);
  }

  Row beside(Optional<Samples> peer) {
    return new Row(name, unit, ours, atMost, peer);
  }

  /** Says whether the goal is met; empty without a goal. */
  Optional<Boolean> met() {
    return atMost.isPresent()
        ? Optional.of(ours.median() <= atMost.getAsDouble())
        : Optional.empty();
  }

  /** Returns the ratio of medians to the peer's, oriented so that above 1 is better. */
  OptionalDouble factor() {
    if (peer.isEmpty()) {
      return OptionalDouble.empty();
    }
    double f = peer.get().median() / ours.median();
    return OptionalDouble.of(unit.more ? 1 / f : f);
  }
}
