package dev.engram.ir.passes.simplify;

import static dev.engram.ir.passes.simplify.RowConditions.when;

import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
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

  private enum Rule implements EnumRule {
    MOVE_OF_LITERAL("reshape, transpose, broadcast, slice, reverse or shear of c = c"),
    RESHAPE_TO_SAME("reshape(x) = x, where x has the shape already"),
    RESHAPE_TWICE("reshape(reshape(x)) = reshape(x)"),
    TRANSPOSE_OF_NOTHING("transpose(x) = x, where the axes stay in order"),
    TRANSPOSE_TWICE("transpose(transpose(x)) = transpose(x)"),
    TRANSPOSE_OF_BROADCAST("transpose(broadcast(x)) = broadcast(transpose(x))"),
    BROADCAST_TO_SAME("broadcast(x) = x, where no axis is new"),
    BROADCAST_TWICE("broadcast(broadcast(x)) = broadcast(x)"),
    SLICE_OF_ALL("slice(x) = x, where nothing is cut off"),
    SLICE_TWICE("slice(slice(x)) = slice(x)"),
    SLICE_OF_BROADCAST("slice(broadcast(x)) = broadcast(slice(x))"),
    SLICE_OF_CONCAT("slice(concat(x, y)) = slice(x), where it lies within x"),
    REVERSE_OF_ONE("reverse(x) = x, where the axes have one element"),
    REVERSE_TWICE("reverse(reverse(x)) = reverse(x) along the axes of only one of them"),
    REVERSE_IN_ORDER("reverse(x) = reverse(x) along the axes of several elements, in order"),
    SHEAR_OF_NOTHING("shear(x) = x, where no line is moved"),
    PAD_OF_NOTHING("pad(x, c) = x, where nothing is added"),
    PAD_OF_LITERAL("pad(c, c) = c");

    private final String says;

    Rule(String says) {
      this.says = says;
    }

    @Override
    public String says() {
      return says;
    }

    @Override
    public Optional<List<Value>> at(RuleRewriter r, RewriteRule.Site s) {
      return simpler(r, (Move) s.op(), s.in(0), s).map(List::of);
    }

    private Optional<Value> simpler(RuleRewriter r, Move op, Value x, RewriteRule.Site s) {
      TensorType out = s.types().getFirst();
      return switch (this) {
        case MOVE_OF_LITERAL ->
            x instanceof Lit c ? Optional.of(new Lit(out, c.bits())) : Optional.empty();
        case RESHAPE_TO_SAME, SLICE_OF_ALL, PAD_OF_NOTHING -> when(out.equals(x.type()), x);
        case RESHAPE_TWICE ->
            r.op(x) instanceof Move.Reshape
                ? Optional.of(r.apply1(op, r.arg(x, 0)))
                : Optional.empty();
        case TRANSPOSE_OF_NOTHING ->
            when(op instanceof Move.Transpose t && SimplifyReduce.isAscending(t.perm()), x);
        case TRANSPOSE_TWICE -> transposed(r, (Move.Transpose) op, x);
        case TRANSPOSE_OF_BROADCAST ->
            r.op(x) instanceof Move.Broadcast b
                ? Optional.of(ofBroadcast(r, (Move.Transpose) op, b, r.arg(x, 0)))
                : Optional.empty();
        case BROADCAST_TO_SAME ->
            when(op instanceof Move.Broadcast b && b.axes().size() == b.shape().rank(), x);
        case BROADCAST_TWICE -> repeated(r, (Move.Broadcast) op, x);
        case SLICE_TWICE ->
            r.op(x) instanceof Move.Slice first
                ? Optional.of(ofSlice(r, (Move.Slice) op, first, r.arg(x, 0), out.shape()))
                : Optional.empty();
        case SLICE_OF_BROADCAST ->
            r.op(x) instanceof Move.Broadcast b
                ? Optional.of(ofBroadcast(r, (Move.Slice) op, b, r.arg(x, 0), out.shape()))
                : Optional.empty();
        case SLICE_OF_CONCAT ->
            r.op(x) instanceof Move.Concat c
                ? SimplifyConcat.sliceOf(r, (Move.Slice) op, c.axis(), r.args(x))
                : Optional.empty();
        case REVERSE_OF_ONE -> when(turned((Move.Reverse) op, x).isEmpty(), x);
        case REVERSE_TWICE ->
            r.op(x) instanceof Move.Reverse first
                ? Optional.of(r.apply1(once(turned((Move.Reverse) op, x), first), r.arg(x, 0)))
                : Optional.empty();
        case REVERSE_IN_ORDER -> {
          Move.Reverse in = new Move.Reverse(turned((Move.Reverse) op, x));
          yield in.equals(op) ? Optional.empty() : Optional.of(r.apply1(in, x));
        }
        case SHEAR_OF_NOTHING ->
            when(
                op instanceof Move.Shear h && (h.step() == 0 || x.type().shape().dim(h.by()) <= 1),
                x);
        case PAD_OF_LITERAL ->
            x instanceof Lit c && s.in(1) instanceof Lit f && c.bits() == f.bits()
                ? Optional.of(new Lit(out, c.bits()))
                : Optional.empty();
      };
    }
  }

  private static final List<RewriteRule> RESHAPE =
      EnumRule.tableAfterNoElements(Rule.MOVE_OF_LITERAL, Rule.RESHAPE_TO_SAME, Rule.RESHAPE_TWICE);
  private static final List<RewriteRule> TRANSPOSE =
      EnumRule.tableAfterNoElements(
          Rule.MOVE_OF_LITERAL,
          Rule.TRANSPOSE_OF_NOTHING,
          Rule.TRANSPOSE_TWICE,
          Rule.TRANSPOSE_OF_BROADCAST);
  private static final List<RewriteRule> BROADCAST =
      EnumRule.tableAfterNoElements(
          Rule.MOVE_OF_LITERAL, Rule.BROADCAST_TO_SAME, Rule.BROADCAST_TWICE);
  private static final List<RewriteRule> SLICE =
      EnumRule.tableAfterNoElements(
          Rule.MOVE_OF_LITERAL,
          Rule.SLICE_OF_ALL,
          Rule.SLICE_TWICE,
          Rule.SLICE_OF_BROADCAST,
          Rule.SLICE_OF_CONCAT);
  private static final List<RewriteRule> REVERSE =
      EnumRule.tableAfterNoElements(
          Rule.MOVE_OF_LITERAL, Rule.REVERSE_OF_ONE, Rule.REVERSE_TWICE, Rule.REVERSE_IN_ORDER);
  private static final List<RewriteRule> SHEAR =
      EnumRule.tableAfterNoElements(Rule.MOVE_OF_LITERAL, Rule.SHEAR_OF_NOTHING);
  private static final List<RewriteRule> PAD =
      EnumRule.tableAfterNoElements(Rule.PAD_OF_NOTHING, Rule.PAD_OF_LITERAL);

  /** Of all moves, for the documentation. */
  static List<RewriteRule> rules() {
    return Stream.of(
            RESHAPE, TRANSPOSE, BROADCAST, SLICE, REVERSE, SHEAR, PAD, SimplifyConcat.RULES)
        .flatMap(List::stream)
        .distinct()
        .toList();
  }

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
