package dev.engram.ir.passes.simplify;

import dev.engram.ir.Shape;
import dev.engram.ir.Value;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The input gradient of a convolution, {@code x̄[p,c] = Σ_k (Σ_f ȳ[p-k,f] w[k,c,f])}: the sum over
 * window positions of a sheared contraction. Moved before the contraction, the shear reads {@code
 * ȳ} in windows, and one contraction over k and f remains, {@code Σ_kf ȳ[p-k,f] w[k,c,f]}, without
 * the products of every window in memory.
 *
 * <p>The moves may touch axes that only the left operand has, the sum axes that only the right one
 * has.
 */
public final class ContractWindows {
  private final RuleRewriter r;
  private final List<Value> moves;
  private final Dot dot;
  private final Value lhs;
  private final Value rhs;

  /** The axis of {@link #dot}'s result at every axis of what has been moved so far. */
  private List<Integer> at;

  /** The summed axes of {@link #dot}'s result. */
  private final List<Integer> summed = new ArrayList<>();

  /** The left operand as far as it has been moved. */
  private Value moved;

  /** Axes of {@link #dot}'s result that {@link #moved} has got, behind its own. */
  private final List<Integer> repeated = new ArrayList<>();

  private ContractWindows(RuleRewriter r, Dot dot, Value product, List<Value> moves) {
    this.r = r;
    this.dot = dot;
    this.moves = moves;
    this.lhs = r.arg(product, 0);
    this.rhs = r.arg(product, 1);
    this.moved = lhs;
    this.at = IntStream.range(0, product.type().rank()).boxed().toList();
  }

  public static Optional<Value> rule(RuleRewriter r, Reduce sum, Value sheared) {
    List<Value> moves = new ArrayList<>();
    Value v = sheared;
    while (isMove(r, v)) {
      moves.addFirst(v);
      v = r.arg(v, 0);
    }
    if (moves.isEmpty() || !(r.op(v) instanceof Dot dot)) {
      return Optional.empty();
    }
    ContractWindows c = new ContractWindows(r, dot, v, moves);
    return c.fits(sum) ? Optional.of(c.contracted(sum)) : Optional.empty();
  }

  private static boolean isMove(RuleRewriter r, Value v) {
    return switch (r.op(v)) {
      case Move.Shear _, Move.Transpose _, Move.Slice _ -> true;
      case Move.Pad _ -> RuleRewriter.is(r.arg(v, 1), 0);
      case null, default -> false;
    };
  }

  private int batch() {
    return dot.lhsBatch().size();
  }

  private List<Integer> lhsFree() {
    return dot.lhsFree(lhs.type().rank());
  }

  private List<Integer> rhsFree() {
    return dot.rhsFree(rhs.type().rank());
  }

  /** The left operand's axis that is {@code axis} of the result; empty for others. */
  private Optional<Integer> left(int axis) {
    int i = axis - batch();
    return i >= 0 && i < lhsFree().size() ? Optional.of(lhsFree().get(i)) : Optional.empty();
  }

  /** The right operand's axis that is {@code axis} of the result; empty for others. */
  private Optional<Integer> right(int axis) {
    int i = axis - batch() - lhsFree().size();
    return i >= 0 ? Optional.of(rhsFree().get(i)) : Optional.empty();
  }

  /** True when all moves are of the left operand, and by the summed axes of the right one. */
  private boolean fits(Reduce sum) {
    List<Integer> order = at;
    List<Integer> by = new ArrayList<>();
    for (Value v : moves) {
      switch (r.op(v)) {
        case Move.Transpose t -> order = t.perm().stream().map(order::get).toList();
        case Move.Shear s -> {
          if (left(order.get(s.axis())).isEmpty() || right(order.get(s.by())).isEmpty()) {
            return false;
          }
          by.add(order.get(s.by()));
        }
        case Move.Pad _, Move.Slice _ -> {
          for (int a = 0; a < order.size(); a++) {
            boolean same = v.type().shape().dim(a) == r.arg(v, 0).type().shape().dim(a);
            if (!same && left(order.get(a)).isEmpty()) {
              return false;
            }
          }
        }
        case null, default -> throw new AssertionError(v);
      }
    }
    for (int a : sum.axes()) {
      summed.add(order.get(a));
    }
    return summed.containsAll(by) && by.containsAll(summed);
  }

  private Value contracted(Reduce sum) {
    for (Value v : moves) {
      move(v);
    }
    // Windows outside, as they stand in a convolution: what is contracted already lies together.
    List<Integer> lhsContract = new ArrayList<>();
    List<Integer> rhsContract = new ArrayList<>();
    for (int axis : summed) {
      lhsContract.add(lhs.type().rank() + repeated.indexOf(axis));
      rhsContract.add(right(axis).orElseThrow());
    }
    lhsContract.addAll(dot.lhsContract());
    rhsContract.addAll(dot.rhsContract());
    Dot one = new Dot(lhsContract, rhsContract, dot.lhsBatch(), dot.rhsBatch());
    Value y = r.apply1(one, moved, rhs);
    List<Integer> kept = new ArrayList<>();
    for (int a = 0; a < at.size(); a++) {
      if (!sum.axes().contains(a)) {
        kept.add(at.get(a));
      }
    }
    List<Integer> there = kept.stream().sorted().toList();
    List<Integer> perm = kept.stream().map(there::indexOf).toList();
    return SimplifyReduce.isAscending(perm) ? y : r.apply1(new Move.Transpose(perm), y);
  }

  private void move(Value v) {
    switch (r.op(v)) {
      case Move.Transpose t -> at = t.perm().stream().map(at::get).toList();
      case Move.Shear s -> {
        int by = at.get(s.by());
        if (!repeated.contains(by)) {
          repeat(by);
        }
        int axis = left(at.get(s.axis())).orElseThrow();
        int along = lhs.type().rank() + repeated.indexOf(by);
        moved = r.apply1(new Move.Shear(axis, along, s.step()), moved);
      }
      case Move.Pad p -> {
        List<Integer> none = Collections.nCopies(moved.type().rank(), 0);
        Move.Pad own =
            new Move.Pad(spread(p.low(), none), spread(p.high(), none), spread(p.interior(), none));
        moved = under(moved, own, List.of(r.arg(v, 1)));
      }
      case Move.Slice s -> {
        int rank = moved.type().rank();
        Move.Slice own =
            new Move.Slice(
                spread(s.start(), Collections.nCopies(rank, 0)),
                spread(s.limit(), moved.type().shape().dims()),
                spread(s.stride(), Collections.nCopies(rank, 1)));
        moved = under(moved, own, List.of());
      }
      case null, default -> throw new AssertionError(v);
    }
  }

  private void repeat(int by) {
    Shape shape = moved.type().shape();
    Shape wide = shape.insert(shape.rank(), rhs.type().shape().dim(right(by).orElseThrow()));
    List<Integer> own = IntStream.range(0, shape.rank()).boxed().toList();
    moved = r.apply1(new Move.Broadcast(wide, own), moved);
    repeated.add(by);
  }

  /**
   * A pad or slice of {@code v}; below the shears and repetitions of {@code v} along other axes, so
   * that the windows are read from memory as it is.
   */
  private Value under(Value v, Move move, List<Value> rest) {
    List<Value> in = new ArrayList<>(List.of(v));
    in.addAll(rest);
    Shape before = v.type().shape();
    Shape after = move.typeOf(in.stream().map(Value::type).toList()).getFirst().shape();
    return switch (r.op(v)) {
      case Move.Shear s when keeps(move, s.axis(), before) && keeps(move, s.by(), before) ->
          r.apply1(s, under(r.arg(v, 0), whole(move, s.axis(), r.arg(v, 0)), rest));
      case Move.Broadcast b when keepsOthers(move, b.axes(), before) ->
          r.apply1(
              new Move.Broadcast(after, b.axes()), under(r.arg(v, 0), at(move, b.axes()), rest));
      case null, default -> r.apply(move, in).getFirst();
    };
  }

  private static boolean keepsOthers(Move move, List<Integer> axes, Shape shape) {
    return IntStream.range(0, shape.rank())
        .allMatch(a -> axes.contains(a) || keeps(move, a, shape));
  }

  private static boolean keeps(Move move, int axis, Shape shape) {
    return switch (move) {
      case Move.Pad p -> p.low().get(axis) + p.high().get(axis) + p.interior().get(axis) == 0;
      case Move.Slice s ->
          s.start().get(axis) == 0
              && s.limit().get(axis) == shape.dim(axis)
              && s.stride().get(axis) == 1;
      default -> throw new AssertionError(move);
    };
  }

  /** {@code move} of {@code x}, which is longer along {@code axis}: all of it is kept. */
  private static Move whole(Move move, int axis, Value x) {
    if (!(move instanceof Move.Slice s)) {
      return move;
    }
    List<Integer> limit = new ArrayList<>(s.limit());
    limit.set(axis, x.type().shape().dim(axis));
    return new Move.Slice(s.start(), limit, s.stride());
  }

  private static Move at(Move move, List<Integer> axes) {
    return switch (move) {
      case Move.Pad p ->
          new Move.Pad(at(p.low(), axes), at(p.high(), axes), at(p.interior(), axes));
      case Move.Slice s ->
          new Move.Slice(at(s.start(), axes), at(s.limit(), axes), at(s.stride(), axes));
      default -> throw new AssertionError(move);
    };
  }

  private static List<Integer> at(List<Integer> of, List<Integer> axes) {
    return axes.stream().map(of::get).toList();
  }

  /** {@code of} at the axes of the left operand, {@code otherwise} at others. */
  private List<Integer> spread(List<Integer> of, List<Integer> otherwise) {
    List<Integer> out = new ArrayList<>(otherwise);
    for (int a = 0; a < of.size(); a++) {
      int own = a;
      left(at.get(a)).ifPresent(axis -> out.set(axis, of.get(own)));
    }
    return out;
  }
}
