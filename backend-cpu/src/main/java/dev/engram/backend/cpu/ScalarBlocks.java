package dev.engram.backend.cpu;

import dev.engram.backend.cpu.RowNest.Fold;
import dev.engram.lower.FoldBlocks;

/** The blocks of one fold of a {@link ScalarNest}, joined as {@link FoldBlocks} says. */
final class ScalarBlocks {
  private final Fold fold;

  /** Partial results of one block. */
  private final int width;

  private final FoldBlocks blocks;
  private long end;
  private int waiting;

  ScalarBlocks(Fold fold, int width) {
    this.fold = fold;
    this.width = width;
    this.blocks = new FoldBlocks(fold.order());
  }

  void start() {
    blocks.start();
    end = blocks.left();
    waiting = 0;
  }

  /** The number of points at which the block ends. */
  long end() {
    return end;
  }

  /** So many points are done; at most those of the block. */
  void done(Scratch s, long points) {
    if (points < end) {
      return;
    }
    for (int sums = blocks.next(); sums > 0; sums--) {
      addLast(s);
    }
    Object row = s.rows[fold.states().getFirst()];
    System.arraycopy(row, 0, s.rows[fold.waiting()], width * waiting++, width);
    Folds.fill(row, fold.dtype(), width, Folds.start(fold.kind(), fold.dtype()));
    end += blocks.left();
  }

  /** Leaves the partial results of all points where those of one block are. */
  void finish(Scratch s) {
    while (waiting > 0) {
      addLast(s);
    }
  }

  private void addLast(Scratch s) {
    Folds.combine(
        s.rows[fold.waiting()],
        width * --waiting,
        s.rows[fold.states().getFirst()],
        fold.kind(),
        fold.dtype(),
        width);
  }
}
