package dev.engram.lower.fuse;

import dev.engram.ir.Eqn;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
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
import dev.engram.ir.op.Op;
import dev.engram.ir.op.OptimizationBarrier;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import dev.engram.lower.prepare.PackedOperand;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an equation reads to give one element: the index maps of the families. */
public final class AccessMaps {
  /** Contractions over at most so many terms are written out as products and sums. */
  static final long UNROLLED = 4;

  private AccessMaps() {}

  /**
   * One operand's element.
   *
   * @param at null when the operand must be in memory: its position is known only in the run, or is
   *     not affine
   */
  public record Read(Value value, @Nullable AffineIndex at) {}

  /** How an equation takes part in fusion. */
  public enum Kind {
    /** Moves and counters: free to compute again wherever they are read. */
    FREE,
    /** Arithmetic at one point of its operands. */
    MAP,
    /** Reductions and contractions. */
    FOLD,
    /** Everything with a schedule of its own. */
    OPAQUE
  }

  static Kind kind(Eqn e) {
    return switch (e.op()) {
      case Elementwise _, Cast _ -> Kind.MAP;
      case Reduce r -> folded(r, e.in(0).type()).size() == 1 ? Kind.FREE : Kind.FOLD;
      case Dot d -> {
        long terms = folded(d, e.in(0).type()).size();
        yield terms >= 1 && terms <= UNROLLED ? Kind.MAP : Kind.FOLD;
      }
      case Move.Reshape _,
          Move.Transpose _,
          Move.Broadcast _,
          Move.Slice _,
          Move.Reverse _,
          Move.Shear _ ->
          Kind.FREE;
      case Move.Pad _, Move.Concat _ -> Kind.OPAQUE;
      case Index.Gather _, Index.DynamicSlice _ -> Kind.MAP;
      case Index.Scatter _, Index.DynamicUpdate _, Index.ArgSort _ -> Kind.OPAQUE;
      case Source.Iota _ -> Kind.FREE;
      case Source.RandomBits _ -> Kind.MAP;
      case Custom c -> c instanceof PackedOperand ? Kind.FREE : Kind.OPAQUE;
      case Source.Const _, Check _, HostEffect _, Control _ -> Kind.OPAQUE;
    };
  }

  /** True for what gives its first operand back, which it checks, or with which it waits. */
  public static boolean givesBack(Eqn e) {
    return e.op() instanceof Check || e.op() instanceof OptimizationBarrier;
  }

  /** The shape of the folded axes. */
  public static Shape folded(Eqn e) {
    return switch (e.op()) {
      case Reduce r -> folded(r, e.in(0).type());
      case Dot d -> folded(d, e.in(0).type());
      case Elementwise _,
          Cast _,
          Move _,
          Index _,
          Source _,
          Check _,
          HostEffect _,
          Control _,
          Custom _ ->
          Shape.scalar();
    };
  }

  private static Shape folded(Reduce r, TensorType x) {
    return Shape.of(r.axes().stream().map(x.shape()::dim).toList());
  }

  private static Shape folded(Dot d, TensorType lhs) {
    return Shape.of(d.lhsContract().stream().map(lhs.shape()::dim).toList());
  }

  /** Every position of {@code shape}, as fixed points. */
  public static List<AffineIndex> positions(Shape shape, int space) {
    List<AffineIndex> all = new ArrayList<>();
    long[] strides = shape.strides();
    for (long i = 0; i < shape.size(); i++) {
      long[] at = new long[shape.rank()];
      for (int d = 0; d < at.length; d++) {
        at[d] = i / strides[d] % shape.dim(d);
      }
      all.add(AffineIndex.at(space, at));
    }
    return all;
  }

  /** The reads of a FREE or MAP equation for the element {@code p} of its result. */
  public static List<Read> of(Eqn e, AffineIndex p) {
    return switch (e.op()) {
      case Elementwise _, Cast _ -> e.inputs().stream().map(v -> new Read(v, p)).toList();
      case Reduce _, Dot _ -> {
        List<Read> reads = new ArrayList<>();
        for (AffineIndex r : positions(folded(e), p.space())) {
          reads.addAll(folding(e, p, r));
        }
        yield reads;
      }
      case Move m -> List.of(new Read(e.in(0), move(m, e, p)));
      case Custom c when c instanceof PackedOperand t ->
          List.of(new Read(e.in(0), move(new Move.Transpose(t.perm()), e, p)));
      case Index.Gather g -> {
        int[] from = new int[e.in(1).type().rank()];
        for (int i = 0; i < from.length; i++) {
          from[i] = i < g.batch() ? i : g.axis() + i - g.batch();
        }
        yield List.of(new Read(e.in(0), null), new Read(e.in(1), p.pick(from)));
      }
      case Index.DynamicSlice _ -> {
        List<Read> reads = new ArrayList<>();
        reads.add(new Read(e.in(0), null));
        for (Value start : e.inputs().subList(1, e.inputs().size())) {
          reads.add(new Read(start, AffineIndex.at(p.space())));
        }
        yield reads;
      }
      case Index.Scatter _, Index.DynamicUpdate _, Index.ArgSort _ -> throw notMapped(e);
      case Source.Iota _ -> List.of();
      case Source.RandomBits _ ->
          List.of(
              new Read(e.in(0), AffineIndex.at(p.space(), 0)),
              new Read(e.in(0), AffineIndex.at(p.space(), 1)));
      case Source.Const _, Check _, HostEffect _, Control _, Custom _ -> throw notMapped(e);
    };
  }

  private static IllegalStateException notMapped(Eqn e) {
    return new IllegalStateException(e.op().mnemonic() + " is not an index map");
  }

  private static @Nullable AffineIndex move(Move m, Eqn e, AffineIndex p) {
    Shape x = e.in(0).type().shape();
    return switch (m) {
      case Move.Reshape r -> p.unreshape(r.shape(), x);
      case Move.Transpose t -> {
        int[] from = new int[x.rank()];
        for (int i = 0; i < from.length; i++) {
          from[t.perm().get(i)] = i;
        }
        yield p.pick(from);
      }
      case Move.Broadcast b -> p.pick(ints(b.axes()));
      case Move.Slice s -> p.affine(longs(s.start()), longs(s.stride()));
      case Move.Reverse r -> p.affine(mirror(r, x), signs(r, x));
      case Move.Shear s -> p.shear(s.axis(), s.by(), s.step(), s.start(x.dim(s.by())));
      case Move.Pad _, Move.Concat _ -> throw notMapped(e);
    };
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  public static long[] longs(List<Integer> list) {
    return list.stream().mapToLong(Integer::longValue).toArray();
  }

  public static long[] mirror(Move.Reverse r, Shape x) {
    long[] last = new long[x.rank()];
    r.axes().forEach(a -> last[a] = x.dim(a) - 1L);
    return last;
  }

  public static long[] signs(Move.Reverse r, Shape x) {
    long[] sign = new long[x.rank()];
    Arrays.fill(sign, 1);
    r.axes().forEach(a -> sign[a] = -1);
    return sign;
  }

  /** The reads of a reduction or contraction for result {@code p} and folded position {@code r}. */
  public static List<Read> folding(Eqn e, AffineIndex p, AffineIndex r) {
    AffineIndex both = p.concat(r);
    return switch (e.op()) {
      case Reduce f -> {
        int[] from = new int[e.in(0).type().rank()];
        int kept = 0;
        for (int d = 0; d < from.length; d++) {
          int at = f.axes().indexOf(d);
          from[d] = at < 0 ? kept++ : p.rank() + at;
        }
        yield List.of(new Read(e.in(0), both.pick(from)));
      }
      case Dot d -> {
        int lr = e.in(0).type().rank();
        int rr = e.in(1).type().rank();
        int nb = d.lhsBatch().size();
        int nl = d.lhsFree(lr).size();
        int[] l = side(lr, d.lhsBatch(), d.lhsFree(lr), nb, d.lhsContract(), p.rank());
        int[] s = side(rr, d.rhsBatch(), d.rhsFree(rr), nb + nl, d.rhsContract(), p.rank());
        yield List.of(new Read(e.in(0), both.pick(l)), new Read(e.in(1), both.pick(s)));
      }
      case Op _ -> throw notMapped(e);
    };
  }

  private static int[] side(
      int rank,
      List<Integer> batch,
      List<Integer> free,
      int firstFree,
      List<Integer> contract,
      int folded) {
    int[] from = new int[rank];
    for (int i = 0; i < batch.size(); i++) {
      from[batch.get(i)] = i;
    }
    for (int i = 0; i < free.size(); i++) {
      from[free.get(i)] = firstFree + i;
    }
    for (int i = 0; i < contract.size(); i++) {
      from[contract.get(i)] = folded + i;
    }
    return from;
  }
}
