package dev.engram.backend.cpu.nest;

import dev.engram.backend.cpu.nest.RowNest.Along;
import dev.engram.backend.cpu.nest.RowNest.Effect;
import dev.engram.backend.cpu.nest.RowNest.Fold;
import dev.engram.backend.cpu.nest.RowNest.Pass;
import dev.engram.backend.cpu.nest.RowNest.Phase;
import dev.engram.backend.cpu.nest.RowNest.Slot;
import dev.engram.backend.cpu.nest.RowNest.Transfer;
import dev.engram.backend.cpu.vector.VectorCode;
import dev.engram.lower.lanes.LaneProgram.Node;
import dev.engram.lower.lanes.LaneProgram.Op;

/** Decides which nests can be vectorized: one element width, contiguous or fixed rows, one pass. */
public final class VectorFit {
  private VectorFit() {}

  /** Returns the bytes of one element if the nest can be vectorized, else 0. */
  static int elementBytes(RowNest nest) {
    if (nest.ordered()
        || nest.body().passes().size() > 1
        || nest.epilogue().passes().size() > 1
        || nest.body().passes().isEmpty()) {
      return 0;
    }
    Pass body = nest.body().passes().getFirst();
    int bytes = body.effects().getFirst().value().dtype.bytes();
    boolean bodyFits =
        bytes >= 4
            && fits(body, nest.body(), nest, bytes, nest.along())
            && (nest.epilogue().passes().isEmpty()
                || fits(
                    nest.epilogue().passes().getFirst(), nest.epilogue(), nest, bytes, Along.ROW));
    return bodyFits && (nest.along() == Along.ROW || foldsFit(nest, bytes)) ? bytes : 0;
  }

  /** True when vectors of this many bits preserve the order of the folds. */
  public static boolean fitsWidth(RowNest nest, int vectorBits, int bytes) {
    return nest.along() == Along.ROW || nest.folds().getFirst().lanes() * bytes * 8 >= vectorBits;
  }

  private static boolean fits(Pass pass, Phase phase, RowNest nest, int bytes, Along along) {
    for (Effect e : pass.effects()) {
      boolean plain =
          switch (e) {
            case Effect.Store _, Effect.Accumulate _ -> true;
            case Effect.Scatter _, Effect.Check _ -> false;
          };
      if (!plain || e.value().dtype.bytes() != bytes) {
        return false;
      }
    }
    for (Transfer t : phase.loads()) {
      long stride = stride(nest, t.slot(), along);
      if (stride != 0 && stride != nest.slots().get(t.slot()).dtype().bytes()) {
        return false;
      }
    }
    for (Transfer t : phase.stores()) {
      if (stride(nest, t.slot(), along) != nest.slots().get(t.slot()).dtype().bytes()) {
        return false;
      }
    }
    for (Node n : pass.live()) {
      if (n.op == Op.INDEX && Math.abs(stride(nest, (int) n.bits, along)) > Integer.MAX_VALUE) {
        return false;
      }
    }
    return VectorCode.accepts(pass, bytes);
  }

  public static long stride(RowNest nest, int slot, Along along) {
    Slot s = nest.slots().get(slot);
    return along == Along.ROW ? s.row() : s.inner();
  }

  // Along the folded axis each vector lane has its own partial result: there must be enough of
  // them, and the blocks of all folds must end together.
  private static boolean foldsFit(RowNest nest, int bytes) {
    for (Fold f : nest.folds()) {
      boolean arithmetic =
          switch (f.kind()) {
            case SUM, PROD, MAX, MIN -> true;
            case ANY, ALL, ARGMAX, ARGMIN -> false;
          };
      boolean even = nest.reducePoints() <= 1 || nest.inner() % f.lanes() == 0;
      if (!arithmetic
          || !even
          || !f.dtype().isFloat()
          || f.lanes() * bytes < 16
          || f.lanes() * bytes > 128
          || f.lanes() != nest.folds().getFirst().lanes()) {
        return false;
      }
    }
    long orders = nest.folds().stream().filter(Fold::isCut).map(Fold::order).distinct().count();
    return !nest.folds().isEmpty() && orders <= 1;
  }
}
