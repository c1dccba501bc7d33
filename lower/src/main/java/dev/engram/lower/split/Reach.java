package dev.engram.lower.split;

/** Offsets that an access reaches from the start of an example, up to whole periods. */
public final class Reach {
  private final long run;
  private final long period;
  private long low;
  private long high;

  /**
   * @param at offset of the access
   * @param run elements of an example that follow each other
   * @param examples number of runs after which those of the first example come again
   */
  public Reach(long at, long run, long examples) {
    this.run = run;
    this.period = run * examples;
    this.low = Math.floorMod(at, period);
    this.high = low;
  }

  /** Moves in this many steps. */
  public void add(long stride, long length) {
    if (length > 1 && stride % period != 0) {
      long far = stride * (length - 1);
      low += Math.min(far, 0);
      high += Math.max(far, 0);
    }
  }

  /** True where all of it is in runs of the one example. */
  public boolean isInside() {
    return low >= 0 && high < run;
  }
}
