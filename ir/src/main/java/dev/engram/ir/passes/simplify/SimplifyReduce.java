package dev.engram.ir.passes.simplify;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Rules for reductions. The order in which floats are summed is kept. */
final class SimplifyReduce {
  private SimplifyReduce() {}

  static Optional<Value> reduce(RuleRewriter r, Reduce op, Value x) {
    TensorType type = x.type();
    TensorType out = op.typeOf(List.of(type)).getFirst();
    long n = op.axes().stream().mapToLong(a -> type.shape().dim(a)).reduce(1, (a, b) -> a * b);
    boolean arg = op.kind() == Reduce.Kind.ARGMAX || op.kind() == Reduce.Kind.ARGMIN;
    if (n == 0) {
      return Optional.of(new Lit(out, ofNothing(op.kind(), type.dtype())));
    }
    if (arg) {
      return n == 1 || x instanceof Lit ? Optional.of(Lit.zero(out)) : Optional.empty();
    }
    if (n == 1) {
      return Optional.of(r.apply1(new Move.Reshape(out.shape()), x));
    }
    if (x instanceof Lit lit) {
      return repeated(r, op.kind(), new Lit(out, lit.bits()), n);
    }
    if (r.op(x) instanceof Move.Broadcast b) {
      return ofBroadcast(r, op, b, r.arg(x, 0));
    }
    if (r.op(x) instanceof Move.Transpose t) {
      return ofTranspose(r, op, t, r.arg(x, 0));
    }
    if (r.op(x) instanceof Reduce first
        && first.kind() == op.kind()
        && isFree(op.kind(), type.dtype())) {
      return ofReduce(r, op, first, r.arg(x, 0));
    }
    return Optional.empty();
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

  /** The reduction of {@code n} times the same {@code x}. */
  private static Optional<Value> repeated(RuleRewriter r, Reduce.Kind kind, Value x, long n) {
    return switch (kind) {
      case MAX, MIN, ANY, ALL -> Optional.of(x);
      case SUM ->
          isExactSum(x, n)
              ? Optional.of(r.apply1(Rows.MUL, x, count(x.type(), n)))
              : Optional.empty();
      case PROD, ARGMAX, ARGMIN -> Optional.empty();
    };
  }

  private static Lit count(TensorType type, long n) {
    return Lit.ofLong(type, n);
  }

  // Partial sums k·x of an f32 are exact in f64 while k < 2^29; the factor n must be an f32 too.
  // In f64 2x is exact, so 3x = 2x + x is rounded once.
  private static boolean isExactSum(Value x, long n) {
    return switch (x.type().dtype()) {
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
    if (fresh.isEmpty() && !op.axes().isEmpty()) {
      return reducedInside(r, op, b, x);
    }
    if (fresh.size() < op.axes().size() && !isFree(op.kind(), x.type().dtype())) {
      return Optional.empty();
    }
    long n = fresh.stream().mapToLong(a -> b.shape().dim(a)).reduce(1, (a, c) -> a * c);
    Move.Broadcast narrow = without(b, fresh);
    return repeated(r, op.kind(), r.apply1(narrow, x), n)
        .map(y -> r.apply1(new Reduce(op.kind(), renumbered(op.axes(), fresh)), y));
  }

  // reduce(broadcast x) = broadcast(reduce x), when only axes of x are reduced
  private static Optional<Value> reducedInside(
      RuleRewriter r, Reduce op, Move.Broadcast b, Value x) {
    List<Integer> own = op.axes().stream().map(b.axes()::indexOf).toList();
    Value small = r.apply1(new Reduce(op.kind(), own), x);
    List<Integer> axes = new ArrayList<>(b.axes());
    axes.removeAll(op.axes());
    return Optional.of(
        r.apply1(
            new Move.Broadcast(b.shape().without(op.axes()), renumbered(axes, op.axes())), small));
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

  private static Optional<Value> ofReduce(RuleRewriter r, Reduce op, Reduce inner, Value x) {
    List<Integer> left =
        IntStream.range(0, x.type().rank()).filter(a -> !inner.axes().contains(a)).boxed().toList();
    List<Integer> axes = new ArrayList<>(inner.axes());
    op.axes().forEach(a -> axes.add(left.get(a)));
    return Optional.of(r.apply1(new Reduce(op.kind(), axes), x));
  }
}
