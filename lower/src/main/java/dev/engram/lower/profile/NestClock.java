package dev.engram.lower.profile;

/** Counts calls of nests, and the time that they take. */
public interface NestClock {
  /**
   * True where the run of now is timed; where it is not, {@link #start} does not look at the clock.
   */
  boolean isTimed();

  /** Begins a call of a nest; give what it returns to {@link #end}. */
  long start();

  /**
   * Ends a call of a nest.
   *
   * @param nest its place in {@link dev.engram.lower.inspect.FusionReport#rows}
   * @param start what {@link #start} returned
   */
  void end(int nest, long start);

  /**
   * Adds calls that were counted elsewhere.
   *
   * @param nanos that they took together
   */
  void add(int nest, long calls, long nanos);
}
