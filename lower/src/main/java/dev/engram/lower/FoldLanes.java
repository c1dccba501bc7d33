package dev.engram.lower;

import dev.engram.ir.Eqn;
import dev.engram.ir.Shape;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.lower.fuse.AccessMaps;
import java.util.List;

/**
 * Decides how many chains of a fold are interleaved: {@link FoldOrder#LANES} where the last axis of
 * the operand is folded, so that neighbours in memory go to different chains, otherwise one for
 * each result.
 *
 * <p>The equation alone decides, not the nest that it is fused into.
 */
public final class FoldLanes {
  private FoldLanes() {}

  /** Returns the number of chains for each result of a fold: {@link FoldOrder#LANES} or 1. */
  public static int of(Eqn e) {
    return isAlongMemory(e) && AccessMaps.folded(e).size() >= FoldOrder.LANES ? FoldOrder.LANES : 1;
  }

  private static boolean isAlongMemory(Eqn e) {
    return switch (e.op()) {
      case Reduce r -> spreads(r.kind()) && r.axes().contains(last(e, 0));
      case Dot d -> {
        int pair = d.lhsContract().indexOf(last(e, 0));
        yield pair >= 0 && pair == d.rhsContract().indexOf(last(e, 1));
      }
      case Op _ -> false;
    };
  }

  /** True for folds that can have several chains. */
  public static boolean spreads(Reduce.Kind kind) {
    return switch (kind) {
      case SUM, PROD, MAX, MIN -> true;
      case ANY, ALL, ARGMAX, ARGMIN -> false;
    };
  }

  /** The last axis of an operand that has neighbours. */
  private static int last(Eqn e, int operand) {
    Shape shape = e.in(operand).type().shape();
    List<Integer> dims = shape.dims();
    int axis = dims.size() - 1;
    while (axis > 0 && dims.get(axis) == 1) {
      axis--;
    }
    return axis;
  }
}
