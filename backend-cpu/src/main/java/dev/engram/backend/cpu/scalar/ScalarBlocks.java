package dev.engram.backend.cpu.scalar;

import dev.engram.backend.cpu.nest.RowNest.Fold;
import dev.engram.backend.cpu.run.Folds;
import dev.engram.backend.cpu.run.Scratch;
import dev.engram.ir.DType;
import dev.engram.ir.op.Reduce;
import dev.engram.lower.FoldBlocks;
import dev.engram.lower.FoldOrder;
import java.util.List;

/** The blocks of one fold of a {@link ScalarNest}, joined in the order of {@link FoldBlocks}. */
public final class ScalarBlocks {
  private static final Fold NONE =
      new Fold(Reduce.Kind.SUM, DType.F32, FoldOrder.PLAIN, List.of(), -1, -1);

  private Fold fold = NONE;

  /** Number of partial results of one block. */
  private int width;

  private final FoldBlocks blocks = new FoldBlocks();
  private long end;
  private int waiting;

  /** Initializes this for a fold. */
  void set(Fold of, int partials) {
    fold = of;
    width = partials;
    blocks.start(of.order().block(), of.order().share());
  }

  void start() {
    blocks.start();
    end = blocks.left();
    waiting = 0;
  }

  /** Returns the number of points after which the block ends. */
  long end() {
    return end;
  }

  /** Called before this point; moves a block that has ended to those that wait to be joined. */
  void ready(Scratch s, long point) {
    if (point < end) {
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

  /** Joins all blocks; the partial results of all points are then where those of one block were. */
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
