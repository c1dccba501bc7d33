package dev.engram.lower.lanes;

import static java.util.Map.entry;

import dev.engram.ir.DType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.RowSignature;
import dev.engram.ir.op.Rows;
import dev.engram.lower.lanes.LaneProgram.Node;
import dev.engram.lower.lanes.LaneProgram.Op;
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
    Given.given("LaneRows.hasCell", "row", row);
    return CELLS.containsKey(row);
  }

  /**
   * {@code row} of {@code x}.
   *
   * @param dtype of the operands; of the choices for {@code select}
   */
  public static Node apply(LaneProgram l, ElementwiseRow row, DType dtype, List<Node> x) {
    Given.given("LaneRows.apply", "l", l);
    Given.given("LaneRows.apply", "row", row);
    Given.given("LaneRows.apply", "dtype", dtype);
    Given.all("LaneRows.apply", "x", x);
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
    return l.nodeWith(Op.CALL, result, row, x.toArray(Node[]::new));
  }

  /** Rows whose cell is also correct for integers. */
  private static final List<ElementwiseRow> WHOLE =
      List.of(Rows.ADD, Rows.SUB, Rows.MUL, Rows.MAX, Rows.MIN, Rows.NEG, Rows.ABS);

  private static Map<ElementwiseRow, Cell> cells() {
    return Map.ofEntries(
        entry(Rows.ADD, Cell.ADD),
        entry(Rows.SUB, Cell.SUB),
        entry(Rows.MUL, Cell.MUL),
        entry(Rows.DIV, Cell.DIV),
        entry(Rows.MAX, Cell.MAX),
        entry(Rows.MIN, Cell.MIN),
        entry(Rows.NEG, Cell.NEG),
        entry(Rows.ABS, Cell.ABS),
        entry(Rows.SIGN, Cell.SIGN),
        entry(Rows.EXP, Cell.EXP),
        entry(Rows.EXPM1, Cell.EXPM1),
        entry(Rows.LOG, Cell.LOG),
        entry(Rows.LOG1P, Cell.LOG1P),
        entry(Rows.SIN, Cell.SIN),
        entry(Rows.COS, Cell.COS),
        entry(Rows.TANH, Cell.TANH),
        entry(Rows.SIGMOID, Cell.SIGMOID),
        entry(Rows.SOFTPLUS, Cell.SOFTPLUS),
        entry(Rows.SQRT, Cell.SQRT),
        entry(Rows.RSQRT, Cell.RSQRT),
        entry(Rows.EQ, Cell.EQ),
        entry(Rows.NE, Cell.NE),
        entry(Rows.LT, Cell.LT),
        entry(Rows.LE, Cell.LE),
        entry(Rows.GT, Cell.GT),
        entry(Rows.GE, Cell.GE),
        entry(Rows.IS_FINITE, Cell.IS_FINITE),
        entry(Rows.AND, Cell.AND),
        entry(Rows.OR, Cell.OR),
        entry(Rows.XOR, Cell.XOR),
        entry(Rows.NOT, Cell.NOT),
        entry(Rows.SELECT, Cell.SELECT),
        entry(Rows.STOP_GRADIENT, Cell.STOP_GRADIENT),
        entry(Rows.UNTRACED, Cell.UNTRACED));
  }

  /** What a row becomes; an enum, as a lambda for each would take longer to link than to run. */
  private enum Cell {
    ADD,
    SUB,
    MUL,
    DIV,
    MAX,
    MIN,
    NEG,
    ABS,
    SIGN,
    EXP,
    EXPM1,
    LOG,
    LOG1P,
    SIN,
    COS,
    TANH,
    SIGMOID,
    SOFTPLUS,
    SQRT,
    RSQRT,
    EQ,
    NE,
    LT,
    LE,
    GT,
    GE,
    IS_FINITE,
    AND,
    OR,
    XOR,
    NOT,
    SELECT,
    STOP_GRADIENT,
    UNTRACED;

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
