package dev.engram.lower.interpret;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Shape;
import dev.engram.ir.math.Threefry;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.runtime.RowCode;
import dev.engram.ir.runtime.Thrown;
import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.Instr;
import dev.engram.lower.LoweringException;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.List;

/** One nest, run point by point in row-major order; every value is held as raw bits. */
final class NestRun {
  private final Stmt.Nest nest;
  private final HostTensor[] memory;
  private final long[] outer;
  private final List<Instr> code;
  private final long[] value;
  private final FoldState[] folds;
  private final int parallel;
  private final long[] point;

  NestRun(Stmt.Nest nest, HostTensor[] memory, long[] outer) {
    this.nest = nest;
    this.memory = memory;
    this.outer = outer;
    this.code = new ArrayList<>(nest.body());
    code.addAll(nest.epilogue());
    this.value = new long[code.size()];
    this.folds = new FoldState[code.size()];
    for (int i = 0; i < nest.body().size(); i++) {
      folds[i] =
          switch (code.get(i)) {
            case Instr.Fold f -> new FoldState(f.kind(), f.dtype(), f.order());
            case Instr.DotFold f -> new FoldState(Reduce.Kind.SUM, f.dtype(), f.order());
            case Instr _ -> null;
          };
    }
    this.parallel = (int) nest.axes().stream().filter(a -> !a.reduce()).count();
    this.point = new long[nest.axes().size()];
  }

  void run() {
    if (!nest.callsUsers()) {
      each(0, parallel, this::onePoint);
      return;
    }
    try (RowCode _ = RowCode.enter()) {
      each(0, parallel, this::onePoint);
    } catch (Throwable t) {
      throw Thrown.unchecked(t);
    }
  }

  private void onePoint() {
    for (FoldState f : folds) {
      if (f != null) {
        f.start();
      }
    }
    each(parallel, point.length, () -> block(0, nest.body().size()));
    for (int i = 0; i < nest.body().size(); i++) {
      if (folds[i] != null) {
        value[i] = folds[i].result();
      }
    }
    for (int a = parallel; a < point.length; a++) {
      point[a] = 0;
    }
    block(nest.body().size(), code.size());
  }

  /** Runs {@code body} for every point of the axes {@code from <= axis < to}. */
  private void each(int from, int to, Runnable body) {
    if (from == to) {
      body.run();
      return;
    }
    for (int i = 0; i < nest.axes().get(from).length(); i++) {
      point[from] = i;
      each(from + 1, to, body);
    }
  }

  private void block(int from, int to) {
    for (int i = from; i < to; i++) {
      switch (code.get(i)) {
        case Instr.Load l -> value[i] = memory[l.from().buffer()].bits(at(i, l.from(), 0));
        case Instr.Literal l -> value[i] = l.bits();
        case Instr.IndexOf x -> value[i] = x.dtype().ofLong(at(x.at(), outer, point));
        case Instr.Apply a -> value[i] = apply(a);
        case Instr.Convert c -> value[i] = convert(c.from(), c.to(), value[c.arg()]);
        case Instr.LoadAt l -> {
          long k = Math.clamp(value[l.index()], 0, l.limit() - 1);
          value[i] = memory[l.from().buffer()].bits(at(i, l.from(), l.stride() * k));
        }
        case Instr.RandomWord r ->
            value[i] =
                Threefry.word(
                    (int) value[r.key0()], (int) value[r.key1()], at(r.at(), outer, point));
        case Instr.Store s -> memory[s.to().buffer()].setBits(at(i, s.to(), 0), value[s.value()]);
        case Instr.StoreAt s -> storeAt(i, s);
        case Instr.Fold f -> folds[i].add(value[f.value()]);
        case Instr.DotFold f -> folds[i].addProduct(value[f.a()], value[f.b()]);
        case Instr.Check c -> value[i] = check(c);
      }
    }
  }

  private long apply(Instr.Apply a) {
    int n = a.args().size();
    long x = value[a.args().get(0)];
    long y = n > 1 ? value[a.args().get(1)] : 0;
    long z = n > 2 ? value[a.args().get(2)] : 0;
    return apply(a.row(), a.dtype(), x, y, z);
  }

  static long apply(ElementwiseRow row, DType dtype, long x, long y, long z) {
    DType result = row.signature().result(dtype);
    if (row.signature().isWhole(dtype)) {
      long r = row.whole().apply(x, y, z);
      return result.isInteger() ? result.ofLong(r) : r;
    }
    double a = dtype.toDouble(x);
    double b = row.arity() > 1 ? dtype.toDouble(y) : 0;
    double c = row.arity() > 2 ? dtype.toDouble(z) : 0;
    return result.bitsOf(row.real().apply(a, b, c));
  }

  static long convert(DType from, DType to, long bits) {
    return from.isFloat() ? to.bitsOf(from.toDouble(bits)) : to.ofLong(bits);
  }

  private void storeAt(int i, Instr.StoreAt s) {
    long k = value[s.index()];
    if (k < 0 || k >= s.limit()) {
      return;
    }
    HostTensor to = memory[s.to().buffer()];
    long at = at(i, s.to(), s.stride() * k);
    long v = value[s.value()];
    ElementwiseRow row = combine(s.combine());
    to.setBits(at, row == null ? v : apply(row, s.dtype(), to.bits(at), v, 0));
  }

  private static @org.jspecify.annotations.Nullable ElementwiseRow combine(Index.Combine c) {
    return switch (c) {
      case SET -> null;
      case ADD -> dev.engram.ir.op.Rows.ADD;
      case MAX -> dev.engram.ir.op.Rows.MAX;
    };
  }

  private long check(Instr.Check c) {
    long v = value[c.value()];
    if (v < c.op().low() || v >= c.op().high()) {
      long position = at(c.position(), outer, point);
      throw new RunException(c.op().message(Shape.of(c.dims()).indices(position), v, c.where()));
    }
    return v;
  }

  private long at(int instr, Access a, long more) {
    long at = at(a.at(), outer, point) + more;
    long size = memory[a.buffer()].type().size();
    if (at < 0 || at >= size) {
      throw new LoweringException(
          nest.label()
              + " ("
              + nest.where()
              + "): instruction "
              + instr
              + " reaches element "
              + at
              + " of buffer b"
              + a.buffer()
              + ", which has "
              + size);
    }
    return at;
  }

  /** Returns the value of an index map. */
  static long at(AffineMap map, long[] outer, long[] inner) {
    long at = map.offset();
    for (int i = 0; i < outer.length; i++) {
      at += map.outer().get(i) * outer[i];
    }
    for (int i = 0; i < inner.length; i++) {
      at += map.inner().get(i) * inner[i];
    }
    return at;
  }
}
