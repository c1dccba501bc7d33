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

/**
 * Elementwise rows as lane operations: one cell per row; for rows without a cell, their scalar
 * function is called.
 */
public final class LaneRows {
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

  /** Rows whose cell is also correct for integers. */
  private static final List<ElementwiseRow> WHOLE =
      List.of(Rows.ADD, Rows.SUB, Rows.MUL, Rows.MAX, Rows.MIN, Rows.NEG, Rows.ABS);

  private static Map<ElementwiseRow, Cell> cells() {
    Map<ElementwiseRow, Cell> cells = new HashMap<>();
    for (Cell c : Cell.values()) {
      cells.put(c.row, c);
    }
    return Map.copyOf(cells);
  }

  /** What a row becomes; an enum, as a lambda for each would take longer to link than to run. */
  private enum Cell {
    ADD(Rows.ADD),
    SUB(Rows.SUB),
    MUL(Rows.MUL),
    DIV(Rows.DIV),
    MAX(Rows.MAX),
    MIN(Rows.MIN),
    NEG(Rows.NEG),
    ABS(Rows.ABS),
    SIGN(Rows.SIGN),
    EXP(Rows.EXP),
    EXPM1(Rows.EXPM1),
    LOG(Rows.LOG),
    LOG1P(Rows.LOG1P),
    SIN(Rows.SIN),
    COS(Rows.COS),
    TANH(Rows.TANH),
    SIGMOID(Rows.SIGMOID),
    SOFTPLUS(Rows.SOFTPLUS),
    SQRT(Rows.SQRT),
    RSQRT(Rows.RSQRT),
    EQ(Rows.EQ),
    NE(Rows.NE),
    LT(Rows.LT),
    LE(Rows.LE),
    GT(Rows.GT),
    GE(Rows.GE),
    IS_FINITE(Rows.IS_FINITE),
    AND(Rows.AND),
    OR(Rows.OR),
    XOR(Rows.XOR),
    NOT(Rows.NOT),
    SELECT(Rows.SELECT),
    STOP_GRADIENT(Rows.STOP_GRADIENT),
    UNTRACED(Rows.UNTRACED);

    private final ElementwiseRow row;

    Cell(ElementwiseRow row) {
      this.row = row;
    }

    Node apply(LaneProgram l, DType t, List<Node> x) {
      Node a = x.getFirst();
      Node b = x.size() > 1 ? x.get(1) : a;
      return switch (this) {
        case ADD -> l.add(a, b);
        case SUB -> l.sub(a, b);
        case MUL -> l.mul(a, b);
        case DIV -> l.div(a, b);
        case MAX -> l.max(a, b);
        case MIN -> l.min(a, b);
        case NEG -> l.neg(a);
        case ABS -> l.abs(a);
        case SIGN -> sign(l, t, a);
        case EXP -> new LaneMath(l, t).exp(a);
        case EXPM1 -> new LaneMath(l, t).expm1(a);
        case LOG -> new LaneMath(l, t).log(a);
        case LOG1P -> new LaneMath(l, t).log1p(a);
        case SIN -> new LaneMath(l, t).sin(a);
        case COS -> new LaneMath(l, t).cos(a);
        case TANH -> new LaneMath(l, t).tanh(a);
        case SIGMOID -> new LaneMath(l, t).logistic(a);
        case SOFTPLUS -> new LaneMath(l, t).softplus(a);
        case SQRT -> l.sqrt(a);
        case RSQRT -> l.div(l.number(t, 1), l.sqrt(a));
        case EQ -> l.eq(a, b);
        case NE -> l.ne(a, b);
        case LT -> l.lt(a, b);
        case LE -> l.le(a, b);
        case GT -> l.lt(b, a);
        case GE -> l.le(b, a);
        case IS_FINITE -> l.lt(l.abs(a), l.number(t, Double.POSITIVE_INFINITY));
        case AND -> l.and(a, b);
        case OR -> l.or(a, b);
        case XOR -> l.xor(a, b);
        case NOT -> l.not(a);
        case SELECT -> l.select(a, b, x.get(2));
        case STOP_GRADIENT, UNTRACED -> a;
      };
    }
  }

  // the sign of ±0 or NaN is the operand itself
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
