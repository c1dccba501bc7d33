package dev.engram.lower.prepare;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Lit;
import dev.engram.ir.SourceLocation;
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
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import java.util.List;

/**
 * Rewrites arithmetic on storage types to arithmetic on {@link DType#wide} types between
 * conversions. In loop programs, storage types are only loaded, stored, moved, compared with the
 * bounds of a check, and converted.
 */
record LegalizeStorageTypes(Builder to, SourceLocation where) {

  List<Value> emit(Op op, List<Value> in) {
    return switch (op) {
      case Elementwise _, Dot _ -> calculate(op, op, in);
      case Reduce r when startsAtAnEnd(r, in.getFirst()) -> List.of(ofNothing(r, in.getFirst()));
      case Reduce _ -> calculate(op, op, in);
      case Index.Scatter s when s.combine() != Index.Combine.SET -> calculate(op, op, in);
      case Source.Iota i ->
          calculate(op, new Source.Iota(i.type().with(i.type().dtype().wide()), i.axis()), in);
      case Cast _, Move _, Index _, Source _, Check _, HostEffect _, Control _, Custom _ ->
          plain(op, in);
    };
  }

  private List<Value> plain(Op op, List<Value> in) {
    return List.copyOf(to.at(where).emit(op, in));
  }

  /** Applies {@code wide} to widened operands, and converts the result to that of {@code op}. */
  private List<Value> calculate(Op op, Op wide, List<Value> in) {
    List<Value> widened = in.stream().map(v -> cast(v, v.type().dtype().wide())).toList();
    DType result = op.typeOf(in.stream().map(Value::type).toList()).getFirst().dtype();
    return List.of(cast(plain(wide, widened).getFirst(), result));
  }

  private Value cast(Value v, DType dtype) {
    if (v.type().dtype() == dtype) {
      return v;
    }
    if (v instanceof Lit lit) {
      DType from = lit.type().dtype();
      TensorType type = lit.type().with(dtype);
      return from.isFloat() ? Lit.of(type, lit.asDouble()) : Lit.ofLong(type, lit.bits());
    }
    return plain(new Cast(dtype), List.of(v)).getFirst();
  }

  // The lowest value of the wide type is not that of the narrow one.
  private static boolean startsAtAnEnd(Reduce r, Value x) {
    DType dtype = x.type().dtype();
    boolean extreme = r.kind() == Reduce.Kind.MAX || r.kind() == Reduce.Kind.MIN;
    boolean empty = r.axes().stream().anyMatch(a -> x.type().shape().dim(a) == 0);
    return extreme && empty && dtype != dtype.wide();
  }

  private static Lit ofNothing(Reduce r, Value x) {
    TensorType out = r.typeOf(List.of(x.type())).getFirst();
    DType dtype = out.dtype();
    return new Lit(out, r.kind() == Reduce.Kind.MAX ? dtype.lowest() : dtype.highest());
  }
}
