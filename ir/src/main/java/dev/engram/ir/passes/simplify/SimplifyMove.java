package dev.engram.ir.passes.simplify;

import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.Value;
import dev.engram.ir.op.Move;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Rules for moves: those that move nothing are gone, and two in a row are one. */
final class SimplifyMove {
  private SimplifyMove() {}

  private static final RewriteRule OF_LITERAL =
      new RewriteRule(
          "moveOfLiteral",
          "reshape, transpose, broadcast, slice, reverse or shear of c = c",
          (_, s) ->
              s.in(0) instanceof Lit c
                  ? Optional.of(List.of(new Lit(s.types().getFirst(), c.bits())))
                  : Optional.empty());

  private static final List<RewriteRule> RESHAPE =
      NoElements.and(
          OF_LITERAL,
          RewriteRule.operand(
              "reshapeToSame",
              "reshape(x) = x, where x has the shape already",
              s -> s.types().getFirst().equals(s.in(0).type())),
          RewriteRule.of(
              "reshapeTwice",
              "reshape(reshape(x)) = reshape(x)",
              Move.Reshape.class,
              (r, op, s) ->
                  r.op(s.in(0)) instanceof Move.Reshape
                      ? Optional.of(r.apply1(op, r.arg(s.in(0), 0)))
                      : Optional.empty()));

  private static final List<RewriteRule> TRANSPOSE =
      NoElements.and(
          OF_LITERAL,
          RewriteRule.operand(
              "transposeOfNothing",
              "transpose(x) = x, where the axes stay in order",
              s -> s.op() instanceof Move.Transpose t && SimplifyReduce.isAscending(t.perm())),
          RewriteRule.of(
              "transposeTwice",
              "transpose(transpose(x)) = transpose(x)",
              Move.Transpose.class,
              (r, op, s) -> transposed(r, op, s.in(0))),
          RewriteRule.of(
              "transposeOfBroadcast",
              "transpose(broadcast(x)) = broadcast(transpose(x))",
              Move.Transpose.class,
              (r, op, s) ->
                  r.op(s.in(0)) instanceof Move.Broadcast b
                      ? Optional.of(ofBroadcast(r, op, b, r.arg(s.in(0), 0)))
                      : Optional.empty()));

  private static final List<RewriteRule> BROADCAST =
      NoElements.and(
          OF_LITERAL,
          RewriteRule.operand(
              "broadcastToSame",
              "broadcast(x) = x, where no axis is new",
              s -> s.op() instanceof Move.Broadcast b && b.axes().size() == b.shape().rank()),
          RewriteRule.of(
              "broadcastTwice",
              "broadcast(broadcast(x)) = broadcast(x)",
              Move.Broadcast.class,
              (r, op, s) -> repeated(r, op, s.in(0))));

  private static final List<RewriteRule> SLICE =
      NoElements.and(
          OF_LITERAL,
          RewriteRule.operand(
              "sliceOfAll",
              "slice(x) = x, where nothing is cut off",
              s -> s.types().getFirst().equals(s.in(0).type())),
          RewriteRule.of(
              "sliceTwice",
              "slice(slice(x)) = slice(x)",
              Move.Slice.class,
              (r, op, s) ->
                  r.op(s.in(0)) instanceof Move.Slice first
                      ? Optional.of(
                          ofSlice(r, op, first, r.arg(s.in(0), 0), s.types().getFirst().shape()))
                      : Optional.empty()),
          RewriteRule.of(
              "sliceOfBroadcast",
              "slice(broadcast(x)) = broadcast(slice(x))",
              Move.Slice.class,
              (r, op, s) ->
                  r.op(s.in(0)) instanceof Move.Broadcast b
                      ? Optional.of(
                          ofBroadcast(r, op, b, r.arg(s.in(0), 0), s.types().getFirst().shape()))
                      : Optional.empty()),
          RewriteRule.of(
              "sliceOfConcat",
              "slice(concat(x, y)) = slice(x), where it lies within x",
              Move.Slice.class,
              (r, op, s) ->
                  r.op(s.in(0)) instanceof Move.Concat c
                      ? SimplifyConcat.sliceOf(r, op, c.axis(), r.args(s.in(0)))
                      : Optional.empty()));

  private static final List<RewriteRule> REVERSE =
      NoElements.and(
          OF_LITERAL,
          RewriteRule.operand(
              "reverseOfOne",
              "reverse(x) = x, where the axes have one element",
              s -> s.op() instanceof Move.Reverse v && turned(v, s.in(0)).isEmpty()),
          RewriteRule.of(
              "reverseTwice",
              "reverse(reverse(x)) = reverse(x) along the axes of only one of them",
              Move.Reverse.class,
              (r, op, s) ->
                  r.op(s.in(0)) instanceof Move.Reverse first
                      ? Optional.of(r.apply1(once(turned(op, s.in(0)), first), r.arg(s.in(0), 0)))
                      : Optional.empty()),
          RewriteRule.of(
              "reverseInOrder",
              "reverse(x) = reverse(x) along the axes of several elements, in order",
              Move.Reverse.class,
              (r, op, s) ->
                  turned(op, s.in(0)).equals(op.axes())
                      ? Optional.empty()
                      : Optional.of(r.apply1(new Move.Reverse(turned(op, s.in(0))), s.in(0)))));

  private static final List<RewriteRule> SHEAR =
      NoElements.and(
          OF_LITERAL,
          RewriteRule.operand(
              "shearOfNothing",
              "shear(x) = x, where no line is moved",
              s ->
                  s.op() instanceof Move.Shear h
                      && (h.step() == 0 || s.in(0).type().shape().dim(h.by()) <= 1)));

  private static final List<RewriteRule> PAD =
      NoElements.and(
          RewriteRule.operand(
              "padOfNothing",
              "pad(x, c) = x, where nothing is added",
              s -> s.types().getFirst().equals(s.in(0).type())),
          RewriteRule.of(
              "padOfLiteral",
              "pad(c, c) = c",
              Move.Pad.class,
              (_, _, s) ->
                  s.in(0) instanceof Lit x && s.in(1) instanceof Lit f && x.bits() == f.bits()
                      ? Optional.of(new Lit(s.types().getFirst(), x.bits()))
                      : Optional.empty()));

  static final List<RewriteRule> RULES =
      Stream.of(RESHAPE, TRANSPOSE, BROADCAST, SLICE, REVERSE, SHEAR, PAD, SimplifyConcat.RULES)
          .flatMap(List::stream)
          .distinct()
          .toList();

  static List<RewriteRule> of(Move op) {
    return switch (op) {
      case Move.Reshape _ -> RESHAPE;
      case Move.Transpose _ -> TRANSPOSE;
      case Move.Broadcast _ -> BROADCAST;
      case Move.Slice _ -> SLICE;
      case Move.Reverse _ -> REVERSE;
      case Move.Shear _ -> SHEAR;
      case Move.Pad _ -> PAD;
      case Move.Concat _ -> SimplifyConcat.RULES;
    };
  }

  private static Optional<Value> transposed(RuleRewriter r, Move.Transpose op, Value x) {
    if (!(r.op(x) instanceof Move.Transpose first)) {
      return Optional.empty();
    }
    List<Integer> perm = op.perm().stream().map(first.perm()::get).toList();
    return Optional.of(r.apply1(new Move.Transpose(perm), r.arg(x, 0)));
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

  private static Optional<Value> repeated(RuleRewriter r, Move.Broadcast op, Value x) {
    if (!(r.op(x) instanceof Move.Broadcast first)) {
      return Optional.empty();
    }
    List<Integer> axes = first.axes().stream().map(op.axes()::get).toList();
    return Optional.of(r.apply1(new Move.Broadcast(op.shape(), axes), r.arg(x, 0)));
  }

  /** The axes along which {@code op} changes something, in order. */
  private static List<Integer> turned(Move.Reverse op, Value x) {
    return op.axes().stream().filter(a -> x.type().shape().dim(a) > 1).sorted().toList();
  }

  private static Move.Reverse once(List<Integer> axes, Move.Reverse first) {
    List<Integer> left = new ArrayList<>(axes);
    for (int a : first.axes()) {
      if (!left.remove((Integer) a)) {
        left.add(a);
      }
    }
    Collections.sort(left);
    return new Move.Reverse(left);
  }
}
