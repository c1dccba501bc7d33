package dev.engram.backend.cpu.scalar;

import dev.engram.backend.cpu.nest.RowNest.Fold;
import dev.engram.backend.cpu.run.Folds;
import dev.engram.backend.cpu.run.Scratch;
import dev.engram.ir.DType;
import dev.engram.ir.op.Reduce;
import dev.engram.lower.FoldBlocks;
import dev.engram.lower.FoldOrder;
import java.util.List;

/** The blocks of one fold of a {@link ScalarNest}, joined as {@link FoldBlocks} says. */
public final class ScalarBlocks {
  private static final Fold NONE =
      new Fold(Reduce.Kind.SUM, DType.F32, FoldOrder.PLAIN, List.of(), -1, -1);

  private Fold fold = NONE;

  /** Partial results of one block. */
  private int width;

  private final FoldBlocks blocks = new FoldBlocks();
  private long end;
  private int waiting;

  /** Becomes that of a fold. */
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

  /** The number of points at which the block ends. */
  long end() {
    return end;
  }

  /** Before the point of this number: a block that has ended waits. */
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
