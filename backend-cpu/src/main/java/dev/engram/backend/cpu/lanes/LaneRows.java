package dev.engram.backend.cpu.lanes;

import dev.engram.backend.cpu.lanes.LaneProgram.Node;
import dev.engram.backend.cpu.lanes.LaneProgram.Op;
import dev.engram.ir.DType;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.RowSignature;
import dev.engram.ir.op.Rows;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Elementwise rows as lane operations: one cell for each row; rows without a cell are called. */
public final class LaneRows {
  /** What a row becomes. */
  @FunctionalInterface
  interface Cell {
    Node apply(LaneProgram l, DType dtype, List<Node> x);
  }

  @FunctionalInterface
  private interface Math1 {
    Node apply(LaneMath math, Node x);
  }

  private static final Map<ElementwiseRow, Cell> CELLS = cells();

  private LaneRows() {}

  /** True for rows that lane programs can express, so that they run in vectors. */
  public static boolean hasCell(ElementwiseRow row) {
    return CELLS.containsKey(row);
  }

  public static Node apply(LaneProgram l, ElementwiseRow row, DType dtype, List<Node> x) {
    Cell cell = CELLS.get(row);
    boolean real = dtype.isFloat() || row.signature() != RowSignature.NUMERIC;
    boolean bool = dtype == DType.BOOL && row.signature() == RowSignature.BITS;
    if (cell != null && !bool && (real || WHOLE.contains(row))) {
      return cell.apply(l, dtype, x);
    }
    if (bool && cell != null) {
      return bool(l, row, x);
    }
    DType result = row.signature().result(dtype);
    return l.node(Op.CALL, result, 0, row, x.toArray(Node[]::new));
  }

  /** Rows whose cell is right for integers too. */
  private static final List<ElementwiseRow> WHOLE =
      List.of(Rows.ADD, Rows.SUB, Rows.MUL, Rows.MAX, Rows.MIN, Rows.NEG, Rows.ABS);

  private static Map<ElementwiseRow, Cell> cells() {
    Map<ElementwiseRow, Cell> c = new HashMap<>();
    c.put(Rows.ADD, (l, t, x) -> l.add(x.get(0), x.get(1)));
    c.put(Rows.SUB, (l, t, x) -> l.sub(x.get(0), x.get(1)));
    c.put(Rows.MUL, (l, t, x) -> l.mul(x.get(0), x.get(1)));
    c.put(Rows.DIV, (l, t, x) -> l.div(x.get(0), x.get(1)));
    c.put(Rows.MAX, (l, t, x) -> l.max(x.get(0), x.get(1)));
    c.put(Rows.MIN, (l, t, x) -> l.min(x.get(0), x.get(1)));
    c.put(Rows.NEG, (l, t, x) -> l.neg(x.get(0)));
    c.put(Rows.ABS, (l, t, x) -> l.abs(x.get(0)));
    c.put(Rows.SIGN, (l, t, x) -> sign(l, t, x.get(0)));
    math(c, Rows.EXP, LaneMath::exp);
    math(c, Rows.EXPM1, LaneMath::expm1);
    math(c, Rows.LOG, LaneMath::log);
    math(c, Rows.LOG1P, LaneMath::log1p);
    math(c, Rows.SIN, LaneMath::sin);
    math(c, Rows.COS, LaneMath::cos);
    math(c, Rows.TANH, LaneMath::tanh);
    math(c, Rows.SIGMOID, LaneMath::logistic);
    math(c, Rows.SOFTPLUS, LaneMath::softplus);
    c.put(Rows.SQRT, (l, t, x) -> l.sqrt(x.get(0)));
    c.put(Rows.RSQRT, (l, t, x) -> l.div(l.number(t, 1), l.sqrt(x.get(0))));
    c.put(Rows.EQ, (l, t, x) -> l.eq(x.get(0), x.get(1)));
    c.put(Rows.NE, (l, t, x) -> l.ne(x.get(0), x.get(1)));
    c.put(Rows.LT, (l, t, x) -> l.lt(x.get(0), x.get(1)));
    c.put(Rows.LE, (l, t, x) -> l.le(x.get(0), x.get(1)));
    c.put(Rows.GT, (l, t, x) -> l.lt(x.get(1), x.get(0)));
    c.put(Rows.GE, (l, t, x) -> l.le(x.get(1), x.get(0)));
    c.put(
        Rows.IS_FINITE, (l, t, x) -> l.lt(l.abs(x.get(0)), l.number(t, Double.POSITIVE_INFINITY)));
    c.put(Rows.AND, (l, t, x) -> l.and(x.get(0), x.get(1)));
    c.put(Rows.OR, (l, t, x) -> l.or(x.get(0), x.get(1)));
    c.put(Rows.XOR, (l, t, x) -> l.xor(x.get(0), x.get(1)));
    c.put(Rows.NOT, (l, t, x) -> l.not(x.get(0)));
    c.put(Rows.SELECT, (l, t, x) -> l.select(x.get(0), x.get(1), x.get(2)));
    c.put(Rows.STOP_GRADIENT, (l, t, x) -> x.get(0));
    c.put(Rows.UNTRACED, (l, t, x) -> x.get(0));
    return c;
  }

  private static void math(Map<ElementwiseRow, Cell> cells, ElementwiseRow row, Math1 f) {
    cells.put(row, (l, t, x) -> f.apply(new LaneMath(l, t), x.get(0)));
  }

  // ±0 and NaN are their own signs
  private static Node sign(LaneProgram l, DType t, Node x) {
    Node zero = l.number(t, 0);
    return l.select(l.lt(zero, x), l.number(t, 1), l.select(l.lt(x, zero), l.number(t, -1), x));
  }

  private static Node bool(LaneProgram l, ElementwiseRow row, List<Node> x) {
    if (row.equals(Rows.AND)) {
      return l.both(x.get(0), x.get(1));
    }
    if (row.equals(Rows.OR)) {
      return l.either(x.get(0), x.get(1));
    }
    return l.ne(x.get(0), x.get(1));
  }
}
