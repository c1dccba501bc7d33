package dev.engram.ir.passes.simplify;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Rules for reductions. The order in which floats are summed is kept. */
final class SimplifyReduce {
  private SimplifyReduce() {}

  private enum Rule implements EnumRule {
    REDUCE_OF_NOTHING("reduce of no elements = its neutral element"),
    POSITION_KNOWN("argmax or argmin of one element, or of c = 0"),
    REDUCE_OF_ONE("reduce of one element = reshape(x)"),
    REDUCE_OF_LITERAL("sum of n times c = n · c, where exact; max, min, any or all of c = c"),
    REDUCE_INSIDE_BROADCAST("reduce(broadcast(x)) = broadcast(reduce(x)), along axes of x"),
    REDUCE_OF_REPEATED(
        "sum of x repeated n times = n · x, where exact; max, min, any or all of it = x"),
    REDUCE_OF_TRANSPOSE(
        "reduce(transpose(x)) = transpose(reduce(x)), where the order of terms is kept or free"),
    REDUCE_TWICE("reduce(reduce(x)) = reduce(x) along the axes of both, where the order is free");

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
      return simpler(r, (Reduce) s.op(), s.in(0), s.types().getFirst()).map(List::of);
    }

    private Optional<Value> simpler(RuleRewriter r, Reduce op, Value x, TensorType out) {
      DType dtype = x.type().dtype();
      return switch (this) {
        case REDUCE_OF_NOTHING ->
            count(op, x) == 0
                ? Optional.of(new Lit(out, ofNothing(op.kind(), dtype)))
                : Optional.empty();
        case POSITION_KNOWN ->
            count(op, x) == 1 || x instanceof Lit ? Optional.of(Lit.zero(out)) : Optional.empty();
        case REDUCE_OF_ONE ->
            count(op, x) == 1
                ? Optional.of(r.apply1(new Move.Reshape(out.shape()), x))
                : Optional.empty();
        case REDUCE_OF_LITERAL ->
            x instanceof Lit c && repeats(op.kind(), dtype, count(op, x))
                ? Optional.of(repeated(r, op.kind(), new Lit(out, c.bits()), count(op, x)))
                : Optional.empty();
        case REDUCE_INSIDE_BROADCAST ->
            r.op(x) instanceof Move.Broadcast b
                    && b.axes().containsAll(op.axes())
                    && !op.axes().isEmpty()
                ? Optional.of(reducedInside(r, op, b, r.arg(x, 0)))
                : Optional.empty();
        case REDUCE_OF_REPEATED ->
            r.op(x) instanceof Move.Broadcast b
                ? ofBroadcast(r, op, b, r.arg(x, 0))
                : Optional.empty();
        case REDUCE_OF_TRANSPOSE ->
            r.op(x) instanceof Move.Transpose t
                ? ofTranspose(r, op, t, r.arg(x, 0))
                : Optional.empty();
        case REDUCE_TWICE ->
            r.op(x) instanceof Reduce first && first.kind() == op.kind() && isFree(op.kind(), dtype)
                ? Optional.of(ofReduce(r, op, first, r.arg(x, 0)))
                : Optional.empty();
      };
    }
  }

  private static final List<RewriteRule> POSITION =
      EnumRule.tableAfterNoElements(Rule.REDUCE_OF_NOTHING, Rule.POSITION_KNOWN);
  private static final List<RewriteRule> VALUE =
      EnumRule.tableAfterNoElements(
          Rule.REDUCE_OF_NOTHING,
          Rule.REDUCE_OF_ONE,
          Rule.REDUCE_OF_LITERAL,
          Rule.REDUCE_INSIDE_BROADCAST,
          Rule.REDUCE_OF_REPEATED,
          Rule.REDUCE_OF_TRANSPOSE,
          Rule.REDUCE_TWICE);

  /** Of all reductions, for the documentation. */
  static List<RewriteRule> rules() {
    return Stream.of(POSITION, VALUE).flatMap(List::stream).distinct().toList();
  }

  static List<RewriteRule> of(Reduce op) {
    return switch (op.kind()) {
      case ARGMAX, ARGMIN -> POSITION;
      case SUM, PROD, MAX, MIN, ANY, ALL -> VALUE;
    };
  }

  /** How many elements one element of the result is made of. */
  private static long count(Reduce op, Value x) {
    Shape shape = x.type().shape();
    long n = 1;
    for (int a : op.axes()) {
      n *= shape.dim(a);
    }
    return n;
  }

  private static long ofNothing(Reduce.Kind kind, DType dtype) {
    HostTensor none = HostTensor.allocate(TensorType.of(dtype, 0));
    Reduce all = new Reduce(kind, List.of(0));
    return Interpreter.eval(all, List.of(none), SourceLocation.UNKNOWN).getFirst().bits(0);
  }

  /** True when the result does not depend on the order. */
  private static boolean isFree(Reduce.Kind kind, DType dtype) {
    return switch (kind) {
      case MAX, MIN, ANY, ALL -> true;
      case SUM, PROD -> !dtype.isFloat();
      case ARGMAX, ARGMIN -> false;
    };
  }

  /** True when {@link #repeated} is exact. */
  private static boolean repeats(Reduce.Kind kind, DType dtype, long n) {
    return switch (kind) {
      case MAX, MIN, ANY, ALL -> true;
      case SUM -> isExactSum(dtype, n);
      case PROD, ARGMAX, ARGMIN -> false;
    };
  }

  /** The reduction of {@code n} times the same {@code x}. */
  private static Value repeated(RuleRewriter r, Reduce.Kind kind, Value x, long n) {
    return kind == Reduce.Kind.SUM ? r.apply1(Rows.MUL, x, Lit.ofLong(x.type(), n)) : x;
  }

  // Partial sums k·x of an f32 are exact in f64 while k < 2^29; the factor n must be an f32 too.
  // In f64 2x is exact, so 3x = 2x + x is rounded once.
  private static boolean isExactSum(DType dtype, long n) {
    return switch (dtype) {
      case F32 -> n <= 1 << 24;
      case F64 -> n <= 3;
      case F16 -> n <= 1 << 11;
      case BF16 -> n <= 1 << 8;
      case I8, I16, I32, I64, U8 -> true;
      case BOOL -> false;
    };
  }

  // Axes that the operand does not have count how often it is repeated.
  private static Optional<Value> ofBroadcast(RuleRewriter r, Reduce op, Move.Broadcast b, Value x) {
    List<Integer> fresh = op.axes().stream().filter(a -> !b.axes().contains(a)).toList();
    if (fresh.size() < op.axes().size() && !isFree(op.kind(), x.type().dtype())) {
      return Optional.empty();
    }
    long n = fresh.stream().mapToLong(a -> b.shape().dim(a)).reduce(1, (a, c) -> a * c);
    if (!repeats(op.kind(), x.type().dtype(), n)) {
      return Optional.empty();
    }
    Value y = repeated(r, op.kind(), r.apply1(without(b, fresh), x), n);
    return Optional.of(r.apply1(new Reduce(op.kind(), renumbered(op.axes(), fresh)), y));
  }

  // reduce(broadcast x) = broadcast(reduce x), when only axes of x are reduced
  private static Value reducedInside(RuleRewriter r, Reduce op, Move.Broadcast b, Value x) {
    List<Integer> own = op.axes().stream().map(b.axes()::indexOf).toList();
    Value small = r.apply1(new Reduce(op.kind(), own), x);
    List<Integer> axes = new ArrayList<>(b.axes());
    axes.removeAll(op.axes());
    return r.apply1(
        new Move.Broadcast(b.shape().without(op.axes()), renumbered(axes, op.axes())), small);
  }

  private static Move.Broadcast without(Move.Broadcast b, List<Integer> gone) {
    return new Move.Broadcast(b.shape().without(gone), renumbered(b.axes(), gone));
  }

  /** The numbers that {@code axes} have after {@code gone} are removed; those gone are left out. */
  private static List<Integer> renumbered(List<Integer> axes, List<Integer> gone) {
    return axes.stream()
        .filter(a -> !gone.contains(a))
        .map(a -> a - (int) gone.stream().filter(g -> g < a).count())
        .toList();
  }

  // Reduces the operand itself, when its reduced axes are met in the same order.
  private static Optional<Value> ofTranspose(RuleRewriter r, Reduce op, Move.Transpose t, Value x) {
    List<Integer> axes = op.axes().stream().map(t.perm()::get).toList();
    if (!isAscending(axes) && !isFree(op.kind(), x.type().dtype())) {
      return Optional.empty();
    }
    List<Integer> kept =
        IntStream.range(0, t.perm().size())
            .filter(i -> !op.axes().contains(i))
            .mapToObj(t.perm()::get)
            .toList();
    Value y = r.apply1(new Reduce(op.kind(), axes), x);
    return Optional.of(r.apply1(new Move.Transpose(renumbered(kept, axes)), y));
  }

  static boolean isAscending(List<Integer> axes) {
    return IntStream.range(1, axes.size()).allMatch(i -> axes.get(i - 1) < axes.get(i));
  }

  private static Value ofReduce(RuleRewriter r, Reduce op, Reduce inner, Value x) {
    List<Integer> left =
        IntStream.range(0, x.type().rank()).filter(a -> !inner.axes().contains(a)).boxed().toList();
    List<Integer> axes = new ArrayList<>(inner.axes());
    op.axes().forEach(a -> axes.add(left.get(a)));
    return r.apply1(new Reduce(op.kind(), axes), x);
  }
}
