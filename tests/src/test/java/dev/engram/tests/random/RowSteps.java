package dev.engram.tests.random;

import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.RowSignature;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Elementwise rows and casts, with operands in their domains. */
final class RowSteps {
  /** Rows with jumps, where noise may become a difference of one. */
  private static final Set<ElementwiseRow> JUMPS =
      Set.of(
          Rows.SIGN,
          Rows.FLOOR,
          Rows.CEIL,
          Rows.ROUND,
          Rows.TRUNCATE,
          Rows.REM,
          Rows.EQ,
          Rows.NE,
          Rows.LT,
          Rows.LE,
          Rows.GT,
          Rows.GE,
          Rows.POLYGAMMA,
          Rows.IS_FINITE);

  /** Rows whose derivative jumps. */
  private static final Set<ElementwiseRow> KINKS = Set.of(Rows.MAX, Rows.MIN, Rows.ABS);

  /**
   * Rows for which IEEE arithmetic has one answer, even when computed in f64 and rounded to f32.
   */
  private static final Set<ElementwiseRow> ROUNDED =
      Set.of(
          Rows.ADD,
          Rows.SUB,
          Rows.MUL,
          Rows.DIV,
          Rows.SQRT,
          Rows.MAX,
          Rows.MIN,
          Rows.NEG,
          Rows.ABS,
          Rows.SELECT,
          Rows.STOP_GRADIENT,
          Rows.UNTRACED);

  private static final List<ElementwiseRow> COMMON =
      List.of(
          Rows.ADD, Rows.MUL, Rows.TANH, Rows.SUB, Rows.SIGMOID, Rows.SELECT, Rows.MAX, Rows.NEG);
  private static final List<ElementwiseRow> ALL = Rows.all();

  private static final List<Shape> SHAPES =
      List.of(Shape.of(3), Shape.scalar(), Shape.of(2, 3), Shape.of(17));

  private RowSteps() {}

  static void elementwise(Draft d, Choices c) {
    ElementwiseRow row = c.next(3) == 0 ? c.of(COMMON) : c.of(ALL);
    d.drawWhere(c, v -> accepts(d, row, v)).ifPresent(x -> elementwise(d, row, x, c));
  }

  /** Chains of rows and casts of any type, which rules of simplification match. */
  static void chain(Draft d, Choices c) {
    List<DType> types = d.profile.dtypes().stream().distinct().toList();
    Value first = d.want(new TensorType(c.of(types), c.of(SHAPES)), c);
    d.offer(first, d.facts(first));
    for (int n = 2 + c.next(4); n > 0; n--) {
      Value x = d.last();
      switch (c.next(6)) {
        case 0, 1, 2 -> row(d, x, r -> r.arity() == 1, c);
        case 3 -> row(d, x, _ -> true, c);
        case 4 -> cast(d, x, c.of(types));
        default -> {
          if (x.type().dtype().isInteger()) {
            // A float that may be large is not used further.
            DType by = c.of(types.stream().filter(DType::isFloat).toList());
            Value y = d.emitQuietly(new Cast(by), List.of(x)).getFirst();
            DType to = c.of(types.stream().filter(t -> !t.isFloat()).toList());
            d.emit(new Cast(to), List.of(y), Facts.WHOLE);
          }
        }
      }
    }
  }

  private static void row(Draft d, Value x, Predicate<ElementwiseRow> wanted, Choices c) {
    List<ElementwiseRow> fit =
        ALL.stream().filter(r -> wanted.test(r) && accepts(d, r, x)).toList();
    elementwise(d, c.of(fit), x, c);
  }

  private static boolean accepts(Draft d, ElementwiseRow row, Value v) {
    DType t = v.type().dtype();
    boolean jumps = JUMPS.contains(row);
    boolean smooth = !d.profile.kinks() && (jumps || KINKS.contains(row));
    return row.signature().accepts(t)
        && (d.profile.markers() || !row.equals(Rows.STOP_GRADIENT))
        && !(t.isFloat() && (smooth || (jumps && !d.facts(v).exact())));
  }

  private static void elementwise(Draft d, ElementwiseRow row, Value x, Choices c) {
    boolean jumps = JUMPS.contains(row);
    TensorType type = x.type();
    List<Value> in = new ArrayList<>();
    for (int i = 0; i < row.arity(); i++) {
      boolean choice = row.signature() == RowSignature.SELECT && i == 0;
      Value v = choice ? d.want(type.with(DType.BOOL), c) : i == 0 ? x : d.want(type, c);
      if (type.dtype().isFloat() && !choice) {
        if (jumps && !d.facts(v).exact()) {
          v = d.literal(type, c);
        }
        v = inDomain(d, row, i, v, c);
      }
      in.add(v);
    }
    boolean turned = c.rarely(6) && in.size() > 1 && row.signature() != RowSignature.SELECT;
    if (turned && !isZeroDividend(d, row, 0, in.getFirst())) {
      in = new ArrayList<>(in.reversed());
    }
    d.emit(new Elementwise(row), in, facts(d, row, in));
  }

  private static Value inDomain(Draft d, ElementwiseRow row, int i, Value v, Choices c) {
    boolean anywhere = row.signature() != RowSignature.FLOAT && row.domain().low() < 0;
    // Operands of div may be swapped: both must be in the domain.
    if (anywhere || isZeroDividend(d, row, i, v)) {
      return v;
    }
    boolean bitwise = JUMPS.contains(row) || (d.profile.kinks() && c.rarely(3));
    return d.within(v, row.domain().low(), row.domain().high(), bitwise);
  }

  // Stays zero, so it must stay the dividend.
  private static boolean isZeroDividend(Draft d, ElementwiseRow row, int i, Value v) {
    return i == 0 && (row.equals(Rows.DIV) || row.equals(Rows.REM)) && d.facts(v).bound() == 0;
  }

  /** Estimated from samples of the function over the box of its operands, including the corners. */
  private static Facts facts(Draft d, ElementwiseRow row, List<Value> in) {
    DType dtype = in.getLast().type().dtype();
    if (!dtype.isFloat()) {
      return Facts.WHOLE;
    }
    if (row.signature() == RowSignature.SELECT) {
      return d.facts(in.get(1)).or(d.facts(in.get(2)));
    }
    if (row.signature() == RowSignature.ANY) {
      return d.facts(in.getFirst());
    }
    if (JUMPS.contains(row)) {
      return new Facts(Facts.LARGE, 0);
    }
    Box box = Box.of(row, in.stream().map(d::facts).toList());
    double noise = 0;
    for (int i = 0; i < in.size(); i++) {
      noise += box.slope(i) * d.facts(in.get(i)).noise();
    }
    boolean bitwise = noise == 0 && ROUNDED.contains(row);
    double own = bitwise ? 0 : 2 * Facts.rounding(dtype) * Math.max(1, box.bound());
    return new Facts(box.bound(), noise + own);
  }

  static void cast(Draft d, Choices c) {
    DType to = c.of(d.profile.dtypes());
    d.drawWhere(c, v -> isCast(d, v, to)).ifPresent(x -> cast(d, x, to));
  }

  // Noise may become a difference of one.
  private static boolean isCast(Draft d, Value v, DType to) {
    Facts f = d.facts(v);
    return !v.type().dtype().isFloat()
        || f.exact()
        || (to.isFloat() && f.noise() <= Facts.noiseLimit(to));
  }

  private static void cast(Draft d, Value x, DType to) {
    boolean jumps = x.type().dtype().isFloat() && !to.isFloat();
    if (!isCast(d, x, to) || (!d.profile.kinks() && jumps)) {
      return;
    }
    Facts f = d.facts(x);
    if (!to.isFloat()) {
      d.emit(new Cast(to), List.of(x), Facts.WHOLE);
      return;
    }
    boolean exact = f.exact();
    Facts rounded = new Facts(f.bound(), exact ? 0 : f.noise() + Facts.rounding(to) * f.bound());
    if (Double.isFinite(f.bound())) {
      d.emit(new Cast(to), List.of(x), rounded);
    } else {
      Value y = d.emitQuietly(new Cast(to), List.of(x)).getFirst();
      Value clipped = d.lift(d.tensor(y).clip(-2, 2));
      d.offer(clipped, new Facts(2, 0));
    }
  }
}
