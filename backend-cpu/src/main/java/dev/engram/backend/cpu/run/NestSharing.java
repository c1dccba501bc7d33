package dev.engram.backend.cpu.run;

/**
 * Decides whether the nests and sorts of a program are divided among threads, by what its runs take
 * with and without. Where a nest takes some microseconds, threads that share it can wait longer for
 * what the others have written than it would take one of them to compute all; how long depends on
 * the machine, on its other processes and on which nest reads what. Either way results are the
 * same.
 *
 * <p>Now and then some runs are a trial: some with and as many without, in turns. One that fails is
 * not counted.
 */
final class NestSharing {
  /** Runs of each kind in a trial. */
  private static final int EACH = 4;

  /** Runs before the first trial, and before the next one after a change. */
  private static final int FIRST = 16;

  /** Runs between two trials at most; there are twice as many after a trial without a change. */
  private static final int MOST = 1024;

  /** A change has to save this fraction. */
  private static final double CLEARLY = 0.05;

  private boolean shares = true;
  private int interval = FIRST;

  /** Runs since the last trial ended. */
  private int runs;

  private long shared;
  private long alone;

  /** True when the nests of the next run are to be divided. */
  boolean next() {
    return inTrial() ? (runs & 1) == 0 : shares;
  }

  private boolean inTrial() {
    return runs >= interval;
  }

  /** Records that the run for which {@link #next} was asked took so long. */
  void took(long nanos) {
    if (inTrial()) {
      if (next()) {
        shared = Math.min(shared, nanos);
      } else {
        alone = Math.min(alone, nanos);
      }
      if (runs == interval + 2 * EACH - 1) {
        decide();
        return;
      }
    } else {
      shared = Long.MAX_VALUE;
      alone = Long.MAX_VALUE;
    }
    runs++;
  }

  private void decide() {
    boolean before = shares;
    shares = shares ? alone >= shared * (1 - CLEARLY) : shared < alone * (1 - CLEARLY);
    // What has just begun, such as a neighbour's work, may soon end.
    interval = shares == before ? Math.min(MOST, 2 * interval) : FIRST;
    runs = 0;
  }
}
