package dev.engram.autodiff.forward;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Lit;
import dev.engram.ir.Tensor;
import dev.engram.ir.Value;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import java.util.List;

/**
 * The partial derivatives of a row at its operands. Those of 16-bit types are computed in f32, from
 * the operands alone, and rounded once: a formula of several ops would round at each, and a result
 * of 8 or 11 bits does not tell {@code 1 - y²}.
 */
final class Partials {
  private final Builder b;
  private final ElementwiseRow row;
  private final List<Value> x;
  private final Value y;
  private final List<Value> wideX;
  private final Value wideY;

  /**
   * @param x operands, values of {@code b}
   * @param y result
   */
  Partials(Builder b, ElementwiseRow row, List<Value> x, Value y) {
    this.b = b;
    this.row = row;
    this.x = x;
    this.y = y;
    boolean narrow = isNarrow(y.type().dtype());
    this.wideX = narrow ? x.stream().map(this::widen).toList() : x;
    this.wideY = narrow ? b.emit(new Elementwise(row), wideX).getFirst() : y;
  }

  private static boolean isNarrow(DType dtype) {
    return dtype == DType.F16 || dtype == DType.BF16;
  }

  private Value widen(Value v) {
    return v instanceof Lit l
        ? Lit.of(l.type().with(DType.F32), l.asDouble())
        : b.emit1(new Cast(DType.F32), v);
  }

  /** ∂y/∂x_i */
  Value get(int i) {
    List<Tensor> operands = wideX.stream().<Tensor>map(b::tracer).toList();
    Value partial = b.lift(row.partials().get(i).apply(operands, b.tracer(wideY)));
    if (wideY.equals(y)) {
      return partial;
    }
    DType narrow = y.type().dtype();
    if (partial instanceof Lit l && l.type().dtype() == DType.F32) {
      return Lit.of(l.type().with(narrow), l.asDouble());
    }
    if (partial.equals(wideY)) {
      return y;
    }
    int same = wideX.indexOf(partial);
    return same >= 0 ? x.get(same) : b.emit1(new Cast(narrow), partial);
  }
}
