package dev.engram.backend.cpu.nest;

import dev.engram.ir.DType;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Reduce;
import dev.engram.lower.FoldOrder;
import dev.engram.lower.Stmt;
import dev.engram.lower.lanes.LaneProgram;
import dev.engram.lower.lanes.LaneProgram.Node;
import java.math.BigInteger;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A nest whose body runs over whole rows of elements at a time.
 *
 * <pre>
 * for q in outer                         // these points are independent: split among threads
 *   along == ROW                         along == FOLD
 *   ------------                         -------------
 *   clear the folds' rows                for p in row
 *   for r in reduce                        clear the folds
 *     body over the row's elements         for r in reduce
 *   epilogue over the row's elements         body over the innermost reduction axis
 *                                          result[p] = the folds' results
 *                                        epilogue over the row's elements
 * </pre>
 *
 * @param outer lengths of the outer parallel axes, the row's tiles last
 * @param rowLength length of the parallel axis that rows lie along
 * @param tile length of the tiles that rows are cut into
 * @param reduce lengths of the reduction axes outside the body's row
 * @param along the axis that the body's rows lie along
 * @param inner length of the innermost reduction axis where rows lie along it, else 0
 * @param ordered whether points must run in order, on one thread
 */
public record RowNest(
    List<Integer> outer,
    int rowLength,
    int tile,
    List<Integer> reduce,
    Along along,
    int inner,
    boolean ordered,
    List<Slot> slots,
    List<Row> rows,
    List<Fold> folds,
    Phase body,
    Phase epilogue) {

  /** Longer rows are computed in tiles, or in pieces along a fold. */
  public static final int LONGEST = 2048;

  /** The axis of the body's rows. */
  public enum Along {
    ROW,
    FOLD
  }

  /**
   * An index map of the nest: an access to a buffer, with strides in bytes, or an index that is
   * used as a value.
   *
   * @param buffer number among the nest's buffers, -1 for a value
   */
  public record Slot(
      int buffer, DType dtype, List<Long> outer, long row, List<Long> reduce, long inner) {}

  /** An array of scratch memory. */
  public record Row(DType dtype, int length) {}

  /** A row that is loaded from a slot or stored to it. */
  public record Transfer(int slot, int row) {}

  /** The work on one row: loads, passes, stores. */
  public record Phase(List<Transfer> loads, List<Transfer> stores, List<Pass> passes) {}

  /** One loop over a row. */
  public record Pass(LaneProgram lanes, List<Effect> effects) {
    /** Returns the operations that the effects need. */
    public Set<Node> live() {
      Set<Node> found = new LinkedHashSet<>();
      for (Effect e : effects) {
        mark(e.value(), found);
        if (e instanceof Effect.Scatter s) {
          mark(s.index(), found);
        }
      }
      return found;
    }

    private static void mark(Node n, Set<Node> found) {
      if (found.add(n)) {
        n.args.forEach(a -> mark(a, found));
      }
    }
  }

  /** A use of a value by a pass, in order. */
  public sealed interface Effect {
    Node value();

    /** row[i] = value. */
    record Store(int row, Node value) implements Effect {}

    /** accumulator = value; the value reads the accumulator. */
    record Accumulate(int state, int lanes, Node value) implements Effect {}

    /** Combines a value with memory at a computed position; {@code stride} in bytes. */
    record Scatter(int slot, Node index, long stride, long limit, Index.Combine combine, Node value)
        implements Effect {}

    /** Reports value unless {@code low <= value < high}. */
    record Check(int instr, long low, long high, int point, int position, Node value)
        implements Effect {}
  }

  /**
   * A fold (reduction) of the nest.
   *
   * @param order the lanes and blocks of the fold
   * @param states rows of partial results, as many as lanes times the length of the row (or 1): the
   *     folded values and for argMax and argMin their positions
   * @param waiting a row for partial results of earlier blocks, or -1 if there is only one block
   * @param result the row that the epilogue reads
   */
  public record Fold(
      Reduce.Kind kind,
      DType dtype,
      FoldOrder order,
      List<Integer> states,
      int waiting,
      int result) {
    public int lanes() {
      return order.lanes();
    }

    public boolean isCut() {
      return waiting >= 0;
    }
  }

  /**
   * Returns the number of outer points.
   *
   * @param nest for the error
   */
  int outerPoints(Stmt.Nest nest) {
    return points(nest.label(), outer, nest.where());
  }

  /**
   * Returns the number of points of a loop, which one thread after the other counts as an int.
   *
   * @throws TooManyPointsException when there are more
   */
  public static int points(String label, List<? extends Number> lengths, SourceLocation where) {
    BigInteger points =
        lengths.stream()
            .map(n -> BigInteger.valueOf(n.longValue()))
            .reduce(BigInteger.ONE, BigInteger::multiply);
    if (points.bitLength() < Integer.SIZE) {
      return points.intValue();
    }
    throw new TooManyPointsException(label, points, where);
  }

  /** Returns the number of reduction points outside the body's row. */
  public long reducePoints() {
    return reduce.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
  }

  /** Returns the number of points of every fold. */
  public long foldedPoints() {
    return Math.multiplyExact(reducePoints(), along == Along.FOLD ? inner : 1L);
  }

  /** Returns the number of buffers. */
  int buffers() {
    return slots.stream().mapToInt(s -> s.buffer() + 1).max().orElse(0);
  }

  public boolean tiled() {
    return tile < rowLength;
  }

  /** Returns the stride of a slot along the body's rows, in bytes for accesses. */
  public long bodyStride(int slot) {
    Slot s = slots.get(slot);
    return along == Along.ROW ? s.row : s.inner;
  }

  /** Estimates the cost of one outer point, in lane operations. */
  long cost() {
    long each = 2;
    for (Pass p : body.passes) {
      each += p.live().size();
    }
    double all = (double) each * tile * Math.max(1, reducePoints()) * Math.max(1, inner);
    return (long) all;
  }
}
