package dev.engram.ir.passes.simplify;

import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Move;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Rules for moves: those that move nothing are gone, and two in a row are one. */
final class SimplifyMove {
  private SimplifyMove() {}

  static Optional<Value> move(RuleRewriter r, Move op, List<Value> in, TensorType out) {
    Value x = in.getFirst();
    return switch (op) {
      case Move.Pad _ -> pad(x, in.get(1), out);
      case Move.Concat c -> SimplifyConcat.concat(r, c, in, out);
      case Move.Reshape _,
          Move.Transpose _,
          Move.Broadcast _,
          Move.Slice _,
          Move.Reverse _,
          Move.Shear _
          when x instanceof Lit lit ->
          Optional.of(new Lit(out, lit.bits()));
      case Move.Reshape s -> reshape(r, s, x);
      case Move.Transpose t -> transpose(r, t, x);
      case Move.Broadcast b -> broadcast(r, b, x);
      case Move.Slice s -> slice(r, s, x, out);
      case Move.Reverse v -> reverse(r, v, x);
      case Move.Shear s ->
          s.step() == 0 || x.type().shape().dim(s.by()) <= 1 ? Optional.of(x) : Optional.empty();
    };
  }

  private static Optional<Value> reshape(RuleRewriter r, Move.Reshape op, Value x) {
    if (op.shape().equals(x.type().shape())) {
      return Optional.of(x);
    }
    return r.op(x) instanceof Move.Reshape
        ? Optional.of(r.apply1(op, r.arg(x, 0)))
        : Optional.empty();
  }

  private static Optional<Value> transpose(RuleRewriter r, Move.Transpose op, Value x) {
    if (SimplifyReduce.isAscending(op.perm())) {
      return Optional.of(x);
    }
    if (r.op(x) instanceof Move.Transpose first) {
      List<Integer> perm = op.perm().stream().map(first.perm()::get).toList();
      return Optional.of(r.apply1(new Move.Transpose(perm), r.arg(x, 0)));
    }
    return r.op(x) instanceof Move.Broadcast b
        ? Optional.of(ofBroadcast(r, op, b, r.arg(x, 0)))
        : Optional.empty();
  }

  // Axis i of the operand was put at b[i], and is at the j with perm[j] = b[i] now.
  private static Value ofBroadcast(RuleRewriter r, Move.Transpose op, Move.Broadcast b, Value x) {
    List<Integer> at = b.axes().stream().map(op.perm()::indexOf).toList();
    List<Integer> order =
        IntStream.range(0, at.size())
            .boxed()
            .sorted((i, j) -> Integer.compare(at.get(i), at.get(j)))
            .toList();
    Value turned = r.apply1(new Move.Transpose(order), x);
    Shape shape = Shape.of(op.perm().stream().map(b.shape()::dim).toList());
    return r.apply1(new Move.Broadcast(shape, at.stream().sorted().toList()), turned);
  }

  private static Optional<Value> broadcast(RuleRewriter r, Move.Broadcast op, Value x) {
    if (op.axes().size() == op.shape().rank()) {
      return Optional.of(x);
    }
    if (r.op(x) instanceof Move.Broadcast first) {
      List<Integer> axes = first.axes().stream().map(op.axes()::get).toList();
      return Optional.of(r.apply1(new Move.Broadcast(op.shape(), axes), r.arg(x, 0)));
    }
    return Optional.empty();
  }

  private static Optional<Value> slice(RuleRewriter r, Move.Slice op, Value x, TensorType out) {
    if (out.equals(x.type())) {
      return Optional.of(x);
    }
    if (r.op(x) instanceof Move.Slice first) {
      return Optional.of(ofSlice(r, op, first, r.arg(x, 0), out.shape()));
    }
    if (r.op(x) instanceof Move.Broadcast b) {
      return Optional.of(ofBroadcast(r, op, b, r.arg(x, 0), out.shape()));
    }
    return r.op(x) instanceof Move.Concat c
        ? SimplifyConcat.sliceOf(r, op, c.axis(), r.args(x))
        : Optional.empty();
  }

  // x[s1 + t1·(s2 + t2·i)]
  private static Value ofSlice(
      RuleRewriter r, Move.Slice op, Move.Slice first, Value x, Shape out) {
    List<Integer> start = new ArrayList<>();
    List<Integer> limit = new ArrayList<>();
    List<Integer> stride = new ArrayList<>();
    for (int a = 0; a < out.rank(); a++) {
      int s = first.start().get(a) + first.stride().get(a) * op.start().get(a);
      // one element has no stride; the product could be more than an int holds
      int t = out.dim(a) == 1 ? 1 : first.stride().get(a) * op.stride().get(a);
      start.add(s);
      stride.add(t);
      limit.add(s + t * (out.dim(a) - 1) + 1);
    }
    return r.apply1(new Move.Slice(start, limit, stride), x);
  }

  private static Value ofBroadcast(
      RuleRewriter r, Move.Slice op, Move.Broadcast b, Value x, Shape out) {
    Move.Slice own =
        new Move.Slice(
            b.axes().stream().map(op.start()::get).toList(),
            b.axes().stream().map(op.limit()::get).toList(),
            b.axes().stream().map(op.stride()::get).toList());
    return r.apply1(new Move.Broadcast(out, b.axes()), r.apply1(own, x));
  }

  private static Optional<Value> reverse(RuleRewriter r, Move.Reverse op, Value x) {
    List<Integer> axes =
        op.axes().stream().filter(a -> x.type().shape().dim(a) > 1).sorted().toList();
    if (axes.isEmpty()) {
      return Optional.of(x);
    }
    if (r.op(x) instanceof Move.Reverse first) {
      List<Integer> left = new ArrayList<>(axes);
      for (int a : first.axes()) {
        if (!left.remove((Integer) a)) {
          left.add(a);
        }
      }
      Collections.sort(left);
      return Optional.of(r.apply1(new Move.Reverse(left), r.arg(x, 0)));
    }
    return axes.equals(op.axes())
        ? Optional.empty()
        : Optional.of(r.apply1(new Move.Reverse(axes), x));
  }

  private static Optional<Value> pad(Value x, Value fill, TensorType out) {
    if (out.equals(x.type())) {
      return Optional.of(x);
    }
    if (x instanceof Lit lit && fill instanceof Lit f && lit.bits() == f.bits()) {
      return Optional.of(new Lit(out, lit.bits()));
    }
    return Optional.empty();
  }
}
