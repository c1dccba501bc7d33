package dev.engram.optim;

import dev.engram.ir.checks.Ranges;

/**
 * Says when the loss on held-out data has stopped to fall:
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
   * @param patience how many losses in a row may be no better than the best before them, at least 1
   */
  public EarlyStopping(int patience) {
    this.patience = Ranges.atLeastOne("EarlyStopping", "patience", patience);
  }

  /** Takes the next loss; true when it is less than all before it. NaN never is. */
  public boolean improves(double loss) {
    boolean better = loss < best;
    if (better) {
      best = loss;
    }
    worse = better ? 0 : worse + 1;
    return better;
  }

  /** True when the last {@code patience} losses were no better than the best. */
  public boolean isOver() {
    return worse >= patience;
  }

  /** The least loss so far; infinite before the first. */
  public double best() {
    return best;
  }
}
