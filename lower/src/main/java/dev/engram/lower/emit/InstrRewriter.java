package dev.engram.lower.emit;

import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.Instr;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;

/** Replaces index maps or operands of instructions. */
public final class InstrRewriter {
  private InstrRewriter() {}

  public static Instr maps(Instr i, UnaryOperator<AffineMap> f) {
    return switch (i) {
      case Instr.Load l -> new Instr.Load(l.dtype(), access(l.from(), f));
      case Instr.Literal l -> l;
      case Instr.IndexOf x -> new Instr.IndexOf(x.dtype(), f.apply(x.at()));
      case Instr.Apply a -> a;
      case Instr.Convert c -> c;
      case Instr.LoadAt l ->
          new Instr.LoadAt(l.dtype(), access(l.from(), f), l.index(), l.stride(), l.limit());
      case Instr.RandomWord r -> new Instr.RandomWord(r.key0(), r.key1(), f.apply(r.at()));
      case Instr.Store s -> new Instr.Store(s.dtype(), access(s.to(), f), s.value());
      case Instr.StoreAt s ->
          new Instr.StoreAt(
              s.dtype(),
              access(s.to(), f),
              s.index(),
              s.stride(),
              s.limit(),
              s.combine(),
              s.value());
      case Instr.Fold d -> d;
      case Instr.DotFold d -> d;
      case Instr.Check c ->
          new Instr.Check(c.dtype(), c.value(), c.op(), f.apply(c.position()), c.dims(), c.where());
    };
  }

  /** Replaces the buffers of accesses. */
  public static Instr buffers(Instr i, IntUnaryOperator f) {
    return switch (i) {
      case Instr.Load l -> new Instr.Load(l.dtype(), moved(l.from(), f));
      case Instr.LoadAt l ->
          new Instr.LoadAt(l.dtype(), moved(l.from(), f), l.index(), l.stride(), l.limit());
      case Instr.Store s -> new Instr.Store(s.dtype(), moved(s.to(), f), s.value());
      case Instr.StoreAt s ->
          new Instr.StoreAt(
              s.dtype(),
              moved(s.to(), f),
              s.index(),
              s.stride(),
              s.limit(),
              s.combine(),
              s.value());
      case Instr.Literal _,
          Instr.IndexOf _,
          Instr.Apply _,
          Instr.Convert _,
          Instr.RandomWord _,
          Instr.Fold _,
          Instr.DotFold _,
          Instr.Check _ ->
          i;
    };
  }

  private static Access moved(Access a, IntUnaryOperator f) {
    return new Access(f.applyAsInt(a.buffer()), a.at());
  }

  static Instr values(Instr i, IntUnaryOperator f) {
    return switch (i) {
      case Instr.Load l -> l;
      case Instr.Literal l -> l;
      case Instr.IndexOf x -> x;
      case Instr.Apply a ->
          new Instr.Apply(a.row(), a.dtype(), a.args().stream().map(f::applyAsInt).toList());
      case Instr.Convert c -> new Instr.Convert(c.from(), c.to(), f.applyAsInt(c.arg()));
      case Instr.LoadAt l ->
          new Instr.LoadAt(l.dtype(), l.from(), f.applyAsInt(l.index()), l.stride(), l.limit());
      case Instr.RandomWord r ->
          new Instr.RandomWord(f.applyAsInt(r.key0()), f.applyAsInt(r.key1()), r.at());
      case Instr.Store s -> new Instr.Store(s.dtype(), s.to(), f.applyAsInt(s.value()));
      case Instr.StoreAt s ->
          new Instr.StoreAt(
              s.dtype(),
              s.to(),
              f.applyAsInt(s.index()),
              s.stride(),
              s.limit(),
              s.combine(),
              f.applyAsInt(s.value()));
      case Instr.Fold d -> new Instr.Fold(d.kind(), d.dtype(), f.applyAsInt(d.value()), d.order());
      case Instr.DotFold d ->
          new Instr.DotFold(d.dtype(), f.applyAsInt(d.a()), f.applyAsInt(d.b()), d.order());
      case Instr.Check c ->
          new Instr.Check(
              c.dtype(), f.applyAsInt(c.value()), c.op(), c.position(), c.dims(), c.where());
    };
  }

  private static Access access(Access a, UnaryOperator<AffineMap> f) {
    return new Access(a.buffer(), f.apply(a.at()));
  }
}
