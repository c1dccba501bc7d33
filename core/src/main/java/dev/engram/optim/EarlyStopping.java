package dev.engram.optim;

import dev.engram.ir.checks.Ranges;

/**
 * Decides when the loss on held-out data has stopped improving:
 *
 * <pre>{@code
 * if (stopping.improves(loss)) {
 *   weights.save(best);
 * }
 * if (stopping.isOver()) {
 *   break;
 * }
 * }</pre>
 */
public final class EarlyStopping {
  private final int patience;
  private double best = Double.POSITIVE_INFINITY;
  private int worse;

  /**
   * @param patience the number of losses in a row that may fail to improve on the best, at least 1
   */
  public EarlyStopping(int patience) {
    this.patience = Ranges.atLeastOne("EarlyStopping", "patience", patience);
  }

  /** Records the next loss; returns true when it is less than all earlier ones. NaN never is. */
  public boolean improves(double loss) {
    boolean better = loss < best;
    if (better) {
      best = loss;
    }
    worse = better ? 0 : worse + 1;
    return better;
  }

  /** Returns true when the last {@code patience} losses did not improve on the best. */
  public boolean isOver() {
    return worse >= patience;
  }

  /** Returns the least loss so far; infinite before the first. */
  public double best() {
    return best;
  }
}
