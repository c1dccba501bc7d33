package dev.engram.lower.emit;

import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.Value;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.OptimizationBarrier;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import dev.engram.lower.Instr;
import dev.engram.lower.Stmt;
import dev.engram.lower.fuse.AccessMaps;
import dev.engram.lower.fuse.AffineIndex;
import dev.engram.lower.fuse.FusedValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/** Writes the ops that are not maps or folds: each has nests, or steps, of its own. */
final class OpaqueEmitter {
  private final GraphEmitter emitter;

  OpaqueEmitter(GraphEmitter emitter) {
    this.emitter = emitter;
  }

  void emit(FusedValue n) {
    Eqn e = n.equation();
    switch (e.op()) {
      case Source.Const _ -> {
        for (StridedView to : emitter.wanted(n.value)) {
          emitter.copy(n.value, to, e.where());
        }
        return;
      }
      case Check c -> check(e, c);
      case HostEffect notice -> tell(e, notice);
      case Move.Concat c -> concat(e, c);
      case Move.Pad p -> pad(e, p);
      case Index.Scatter s -> scatter(e, s);
      case Index.DynamicUpdate _ -> dynamicUpdate(e);
      case Index.ArgSort s -> argSort(e, s);
      case Control.Scan _, Control.While _ -> emitter.loop(n).emit();
      case Control.Cond c -> cond(e, c);
      case Custom c when c instanceof OptimizationBarrier -> barrier(e);
      case Control _, Index _, Source _, Move _, Custom _, Elementwise _, Cast _, Reduce _, Dot _ ->
          throw new IllegalStateException(e.op().mnemonic());
    }
    for (Value v : e.outputs()) {
      List<StridedView> all = emitter.wanted(v);
      for (int i = 1; i < all.size() && !AccessMaps.givesBack(e); i++) {
        emitter.copy(v.type(), all.getFirst(), all.get(i), e.where());
      }
    }
  }

  // Its second operand is only waited for.
  private void barrier(Eqn e) {
    StridedView alias = emitter.alias(e);
    if (alias != null) {
      emitter.read(e.out(), alias);
    }
    for (StridedView to : emitter.wanted(e.out())) {
      emitter.copy(e.in(0), to, e.where());
    }
  }

  private void tell(Eqn e, HostEffect op) {
    List<Stmt.Operand> operands = new ArrayList<>();
    for (Value v : e.inputs()) {
      Lit known = emitter.literal(v);
      if (known != null) {
        operands.add(new Stmt.Operand.Known(new Lit(v.type(), known.bits())));
      } else {
        int rank = v.type().rank();
        AffineIndex p = AffineIndex.along(IntStream.range(0, rank).toArray(), rank);
        operands.add(new Stmt.Operand.Stored(v.type(), emitter.located(v).at(p, emitter.depth())));
      }
    }
    StridedView to = emitter.wanted(e.out()).getFirst();
    emitter.add(new Stmt.Tell(op, operands, to.scalar(emitter.depth()), e.where()));
  }

  private void check(Eqn e, Check op) {
    Value out = e.out();
    Shape shape = out.type().shape();
    NestBuilder b = emitter.over(shape);
    AffineIndex p = GraphEmitter.whole(shape);
    DType dtype = out.type().dtype();
    int v = b.value(e.in(0), p);
    int code =
        switch (op) {
          case Check.Range _ -> v;
          case Check.Finite _ -> code(b, dtype.wide(), b.convert(dtype, dtype.wide(), v));
        };
    DType checked = op instanceof Check.Finite ? DType.I32 : dtype;
    b.check(
        new Instr.Check(checked, code, op, b.index(p, shape.strides()), shape.dims(), e.where()));
    for (StridedView to : emitter.wanted(out)) {
      b.store(dtype, to, p, v);
    }
    StridedView alias = emitter.alias(e);
    if (alias != null) {
      emitter.read(out, alias);
    }
    b.finish(e.where());
  }

  // What Check.Finite.code says, in rows; like all arithmetic not on a type of storage.
  private static int code(NestBuilder b, DType dtype, int v) {
    int sign =
        b.apply(
            Rows.SELECT,
            DType.I32,
            b.apply(Rows.GT, dtype, v, b.literal(dtype, 0)),
            b.literal(DType.I32, Check.Finite.INFINITY),
            b.literal(DType.I32, Check.Finite.MINUS_INFINITY));
    int bad =
        b.apply(
            Rows.SELECT,
            DType.I32,
            b.apply(Rows.NE, dtype, v, v),
            b.literal(DType.I32, Check.Finite.NAN),
            sign);
    int ok = b.literal(DType.I32, Check.Finite.OK);
    return b.apply(Rows.SELECT, DType.I32, b.apply(Rows.IS_FINITE, dtype, v), ok, bad);
  }

  private void concat(Eqn e, Move.Concat c) {
    StridedView to = emitter.wanted(e.out()).getFirst();
    long at = 0;
    for (Value v : e.inputs()) {
      StridedView part = GraphEmitter.along(to, c.axis(), at);
      if (!GraphEmitter.isRegional(emitter.plan().fused(v))) {
        emitter.copy(v, part, e.where());
      }
      at += v.type().shape().dim(c.axis());
    }
  }

  private void pad(Eqn e, Move.Pad p) {
    StridedView to = emitter.wanted(e.out()).getFirst();
    Shape in = e.in(0).type().shape();
    Shape out = e.out().type().shape();
    boolean inside = p.interior().stream().anyMatch(i -> i != 0);
    if (inside) {
      fill(e, to, out);
      long[] step = p.interior().stream().mapToLong(i -> i + 1L).toArray();
      emitter.copy(e.in(0), to.window(AccessMaps.longs(p.low()), step), e.where());
      return;
    }
    int[] size = out.toArray();
    long[] start = new long[size.length];
    // Axis by axis the slabs before and after the operand, in what the axes before have left.
    for (int d = 0; d < size.length; d++) {
      int low = p.low().get(d);
      int high = p.high().get(d);
      size[d] = low;
      start[d] = 0;
      fill(e, to.window(start, GraphEmitter.ones(size.length)), Shape.of(size));
      size[d] = high;
      start[d] = (long) low + in.dim(d);
      fill(e, to.window(start, GraphEmitter.ones(size.length)), Shape.of(size));
      size[d] = in.dim(d);
      start[d] = low;
    }
    if (!GraphEmitter.isRegional(emitter.plan().fused(e.in(0)))) {
      emitter.copy(e.in(0), GraphEmitter.middle(to, p), e.where());
    }
  }

  private void fill(Eqn e, StridedView to, Shape shape) {
    if (shape.size() > 0) {
      NestBuilder b = emitter.over(shape);
      AffineIndex p = GraphEmitter.whole(shape);
      b.store(e.out().type().dtype(), to, p, b.value(e.in(1), AffineIndex.at(b.space())));
      b.finish(e.where());
    }
  }

  private void scatter(Eqn e, Index.Scatter s) {
    StridedView to = emitter.wanted(e.out()).getFirst();
    emitter.copy(e.in(0), to, e.where());
    Shape updates = e.in(2).type().shape();
    NestBuilder b = emitter.over(updates);
    AffineIndex p = GraphEmitter.whole(updates);
    int indexRank = e.in(1).type().rank();
    int[] from =
        IntStream.range(0, indexRank)
            .map(i -> i < s.batch() ? i : s.axis() + i - s.batch())
            .toArray();
    int extra = indexRank - s.batch() - 1;
    int[] into =
        IntStream.range(0, e.out().type().rank())
            .map(d -> d < s.axis() ? d : d == s.axis() ? -1 : d + extra)
            .toArray();
    int index = b.value(e.in(1), p.pick(from));
    int value = b.value(e.in(2), p);
    b.storeAt(
        e.out().type().dtype(),
        to.at(p.pick(into), emitter.depth()),
        index,
        to.stride().get(s.axis()),
        e.out().type().shape().dim(s.axis()),
        s.combine(),
        value);
    b.finish(e.where());
  }

  private void dynamicUpdate(Eqn e) {
    StridedView to = emitter.wanted(e.out()).getFirst();
    emitter.copy(e.in(0), to, e.where());
    Shape window = e.in(1).type().shape();
    NestBuilder b = emitter.over(window);
    AffineIndex p = GraphEmitter.whole(window);
    NestBuilder.Window w =
        b.window(e.out().type().shape(), window, e.inputs().subList(2, e.inputs().size()), to);
    int value = b.value(e.in(1), p);
    b.storeAt(
        e.out().type().dtype(),
        w.from().at(p, emitter.depth()),
        w.index(),
        w.stride(),
        w.limit(),
        Index.Combine.SET,
        value);
    b.finish(e.where());
  }

  private void argSort(Eqn e, Index.ArgSort op) {
    StridedView wanted = emitter.wanted(e.out()).getFirst();
    Shape shape = e.out().type().shape();
    if (emitter.literal(e.in(0)) != null) {
      // Equal elements keep their order.
      NestBuilder b = emitter.over(shape);
      AffineIndex p = GraphEmitter.whole(shape);
      long[] one = new long[shape.rank()];
      one[op.axis()] = 1;
      b.store(DType.I32, wanted, p, b.indexOf(DType.I32, p, one));
      b.finish(e.where());
      return;
    }
    int[] axisOf = new int[shape.rank()];
    List<Integer> rows = new ArrayList<>();
    for (int d = 0; d < axisOf.length; d++) {
      axisOf[d] = d == op.axis() ? axisOf.length - 1 : rows.size();
      if (d != op.axis()) {
        rows.add(shape.dim(d));
      }
    }
    AffineIndex p = AffineIndex.along(axisOf, axisOf.length);
    StridedView from = emitter.located(e.in(0));
    // Both may be parts of one result; a sort does not write the buffer that it reads.
    StridedView to = from.buffer() == wanted.buffer() ? emitter.allocate(e.out().type()) : wanted;
    emitter.add(
        new Stmt.Sort(
            op,
            e.in(0).type().dtype(),
            rows,
            shape.dim(op.axis()),
            from.at(p, emitter.depth()),
            to.at(p, emitter.depth()),
            e.where()));
    emitter.copy(e.out().type(), to, wanted, e.where());
  }

  private void cond(Eqn e, Control.Cond c) {
    List<Value> args = e.inputs().subList(1, e.inputs().size());
    Lit known = emitter.literal(e.in(0));
    // Copies for the branches are made in front of both.
    args.stream().filter(v -> emitter.literal(v) == null).forEach(emitter::located);
    List<Stmt> onTrue = emitter.target().collect(() -> branch(e, c.onTrue(), args));
    List<Stmt> onFalse = emitter.target().collect(() -> branch(e, c.onFalse(), args));
    if (known != null) {
      (known.asLong() != 0 ? onTrue : onFalse).forEach(emitter.target()::add);
    } else {
      emitter
          .target()
          .add(new Stmt.Branch(emitter.located(e.in(0)).scalar(emitter.depth()), onTrue, onFalse));
    }
  }

  private void branch(Eqn e, Graph g, List<Value> args) {
    GraphEmitter in = emitter.inside(e, emitter.plan().inner(g));
    for (int i = 0; i < args.size(); i++) {
      emitter.pass(in, g.params().get(i), args.get(i));
    }
    for (int i = 0; i < g.outs().size(); i++) {
      in.deliver(i, Objects.requireNonNull(emitter.stored(e.outputs().get(i))));
    }
    in.emit();
  }
}
