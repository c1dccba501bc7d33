package dev.engram.tests.random;

import dev.engram.ir.Cast;
import dev.engram.ir.DType;
import dev.engram.ir.Elementwise;
import dev.engram.ir.ElementwiseRow;
import dev.engram.ir.Rows;
import dev.engram.ir.Signature;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Elementwise rows and casts, with operands in their domains. */
final class RowSteps {
  /** Jump, so that noise may become a difference of one. */
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

  /** Have a derivative that jumps. */
  private static final Set<ElementwiseRow> KINKS = Set.of(Rows.MAX, Rows.MIN, Rows.ABS);

  /** IEEE arithmetic gives one answer, even when it is computed in f64 and rounded to f32. */
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

  private RowSteps() {}

  static void elementwise(Draft d, Choices c) {
    ElementwiseRow row = c.next(3) == 0 ? c.of(COMMON) : c.of(ALL);
    boolean jumps = JUMPS.contains(row);
    boolean smooth = !d.profile.kinks() && (jumps || KINKS.contains(row));
    if (row.equals(Rows.STOP_GRADIENT) && !d.profile.markers()) {
      return;
    }
    Optional<Value> x =
        d.drawWhere(
            c,
            v -> {
              DType t = v.type().dtype();
              return row.signature().accepts(t)
                  && !(t.isFloat() && (smooth || (jumps && !d.facts(v).exact())));
            });
    if (x.isEmpty()) {
      return;
    }
    TensorType type = x.get().type();
    List<Value> in = new ArrayList<>();
    for (int i = 0; i < row.arity(); i++) {
      boolean choice = row.signature() == Signature.SELECT && i == 0;
      Value v = choice ? d.want(type.with(DType.BOOL), c) : i == 0 ? x.get() : d.want(type, c);
      if (type.dtype().isFloat() && !choice) {
        if (jumps && !d.facts(v).exact()) {
          v = d.literal(type, c);
        }
        v = inDomain(d, row, i, v, c);
      }
      in.add(v);
    }
    if (c.rarely(6) && in.size() > 1 && row.signature() != Signature.SELECT) {
      in = new ArrayList<>(in.reversed());
    }
    d.emit(new Elementwise(row), in, facts(d, row, in));
  }

  private static Value inDomain(Draft d, ElementwiseRow row, int i, Value v, Choices c) {
    boolean anywhere = row.signature() != Signature.FLOAT && row.domain().low() < 0;
    boolean dividend = i == 0 && (row.equals(Rows.DIV) || row.equals(Rows.REM));
    // Reversed operands of div: both must be in the domain.
    if (anywhere || (dividend && d.facts(v).bound() == 0)) {
      return v;
    }
    boolean bitwise = JUMPS.contains(row) || (d.profile.kinks() && c.rarely(3));
    return d.within(v, row.domain().low(), row.domain().high(), bitwise);
  }

  /** From samples of the function over the box of its operands, with the corners. */
  private static Facts facts(Draft d, ElementwiseRow row, List<Value> in) {
    DType dtype = in.getLast().type().dtype();
    if (!dtype.isFloat()) {
      return Facts.WHOLE;
    }
    if (row.signature() == Signature.SELECT) {
      return d.facts(in.get(1)).or(d.facts(in.get(2)));
    }
    if (row.signature() == Signature.ANY) {
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
    Optional<Value> x =
        d.drawWhere(
            c,
            v -> {
              Facts f = d.facts(v);
              return v.type().dtype().isFloat()
                  ? f.exact() || (to.isFloat() && f.noise() <= Facts.noiseLimit(to))
                  : true;
            });
    if (x.isEmpty() || (!d.profile.kinks() && x.get().type().dtype().isFloat() && !to.isFloat())) {
      return;
    }
    Facts f = d.facts(x.get());
    if (!to.isFloat()) {
      d.emit(new Cast(to), List.of(x.get()), Facts.WHOLE);
      return;
    }
    boolean exact = f.exact();
    Facts rounded = new Facts(f.bound(), exact ? 0 : f.noise() + Facts.rounding(to) * f.bound());
    if (Double.isFinite(f.bound())) {
      d.emit(new Cast(to), List.of(x.get()), rounded);
    } else {
      Value y = d.emitQuietly(new Cast(to), List.of(x.get())).getFirst();
      Value clipped = d.lift(d.tensor(y).clip(-2, 2));
      d.offer(clipped, new Facts(2, 0));
    }
  }
}
