package dev.engram.tests.random;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** A graph under construction, which grows by choices, with facts about its values. */
final class Draft {
  /** Larger tensors are not made. */
  private static final long MAX_SIZE = 800;

  private static final int MAX_RANK = 4;

  private static final List<Shape> SHAPES =
      List.of(
          Shape.of(3),
          Shape.scalar(),
          Shape.of(2, 3),
          Shape.of(1),
          Shape.of(4),
          Shape.of(3, 2),
          Shape.of(9),
          Shape.of(1, 3),
          Shape.of(2, 1, 3),
          Shape.of(4, 5),
          Shape.of(17),
          Shape.of(3, 8),
          Shape.of(2, 3, 2, 2),
          Shape.of(0),
          Shape.of(2, 0));
  private static final double[] LITERALS = {1, 0, -1, 2, 0.5, -0.0, 0.1, -1.75, 3};

  final Profile profile;
  final int depth;
  private final Builder builder;
  private final int maxParams;
  private final List<Value> pool = new ArrayList<>();
  private final Map<Value, Facts> facts = new IdentityHashMap<>();

  /**
   * @param maxParams maximum number of parameters that are added on demand; 0 for inner graphs
   */
  Draft(Builder builder, Profile profile, int depth, int maxParams) {
    this.builder = builder;
    this.profile = profile;
    this.depth = depth;
    this.maxParams = maxParams;
  }

  Draft inner(String name) {
    return new Draft(new Builder(name), profile, depth - 1, 0);
  }

  Graph build(List<Value> outs) {
    return builder.build(outs);
  }

  static boolean fits(TensorType t) {
    return t.size() <= MAX_SIZE && t.rank() <= MAX_RANK;
  }

  // ---- values

  Value param(TensorType type, Facts known) {
    Role role = Role.values()[builder.params().size() % Role.values().length];
    String path = builder.params().size() % 2 == 0 ? "" : "net.p" + builder.params().size();
    return put(builder.param(type, role, path), known);
  }

  Value param(int i) {
    return builder.params().get(i).var();
  }

  void know(Value v, Facts known) {
    facts.put(v, known);
  }

  Facts facts(Value v) {
    return switch (v) {
      case Lit l when l.type().dtype().isFloat() -> new Facts(Math.abs(l.asDouble()), 0);
      case Lit _ -> Facts.WHOLE;
      case Var _ -> facts.getOrDefault(v, Facts.WHOLE);
    };
  }

  private Value put(Value v, Facts known) {
    facts.put(v, v.type().dtype().isFloat() ? known : Facts.WHOLE);
    pool.add(v);
    return v;
  }

  /** Adds {@code op(in)}; its results may be used if they are neither too large nor too noisy. */
  List<Var> emit(Op op, List<? extends Value> in, Facts known) {
    List<Var> outs = builder.emit(op, in);
    outs.forEach(v -> offer(v, known));
    return outs;
  }

  /** Adds {@code op(in)} without offering its results to later steps. */
  List<Var> emitQuietly(Op op, List<? extends Value> in) {
    return builder.emit(op, in);
  }

  void offer(Value v, Facts known) {
    if (!v.type().dtype().isFloat()) {
      put(v, Facts.WHOLE);
    } else if (known.noise() <= Facts.noiseLimit(v.type().dtype())) {
      if (known.bound() <= Facts.LARGE) {
        put(v, known);
      } else if (known.bound() < 1e6 || known.exact()) {
        small(v, known);
      }
    }
  }

  private void small(Value v, Facts known) {
    double noise = known.noise() + Facts.rounding(v.type().dtype());
    put(lift(tensor(v).tanh()), new Facts(1, noise));
  }

  /** Clamps {@code v} to these limits. */
  Value within(Value v, double low, double high, boolean bitwise) {
    Facts f = facts(v);
    if (f.bound() <= high && -f.bound() >= low) {
      return v;
    }
    if (bitwise) {
      Value clipped = lift(tensor(v).clip(low, high));
      facts.put(clipped, new Facts(Math.max(Math.abs(low), Math.abs(high)), f.noise()));
      return clipped;
    }
    double width = high - low;
    double eps = Facts.rounding(v.type().dtype());
    Value squashed =
        low == -high
            ? lift(tensor(v).tanh().mul(high))
            : lift(tensor(v).sigmoid().mul(width).add(low));
    double slope = low == -high ? high : width / 4;
    Facts known =
        new Facts(
            Math.max(Math.abs(low), Math.abs(high)), slope * f.noise() + 3 * eps * (width + 1));
    facts.put(squashed, known);
    return squashed;
  }

  Tensor tensor(Value v) {
    return builder.tracer(v);
  }

  Value lift(Tensor t) {
    return builder.lift(t);
  }

  // ---- choice of values

  Value last() {
    return pool.isEmpty() ? fresh(TensorType.scalar(profile.dtypes().getFirst())) : pool.getLast();
  }

  /** Returns the last value that can be differentiated. */
  Optional<Value> lastFloat() {
    return pool.reversed().stream().filter(v -> v.type().dtype().isFloat()).findFirst();
  }

  /** The last value but {@code back}, or the last one. */
  Value late(int back) {
    return back < pool.size() ? pool.get(pool.size() - 1 - back) : last();
  }

  /** Returns any value: a recent one, a literal, or a new parameter. */
  Value draw(Choices c) {
    int kind = c.next(10);
    if (pool.isEmpty() || kind == 9) {
      return fresh(new TensorType(c.of(profile.dtypes()), c.of(SHAPES)));
    }
    int back = c.next(kind < 5 ? Math.min(3, pool.size()) : pool.size());
    Value v = pool.get(pool.size() - 1 - back);
    return kind == 8 ? literal(v.type(), c) : v;
  }

  Optional<Value> drawWhere(Choices c, Predicate<Value> wanted) {
    List<Value> fit = pool.stream().filter(wanted).toList().reversed();
    return fit.isEmpty() ? Optional.empty() : Optional.of(c.of(fit));
  }

  /**
   * Returns a value of this type: an existing one, a smaller one repeated, a new one, or a literal.
   */
  Value want(TensorType type, Choices c) {
    int kind = c.next(8);
    if (kind == 7) {
      return literal(type, c);
    }
    Optional<Value> same = drawWhere(c, v -> v.type().equals(type));
    if (same.isPresent()) {
      return same.get();
    }
    Optional<Value> part = kind < 4 ? Optional.empty() : drawWhere(c, v -> ends(type, v.type()));
    return part.map(v -> repeat(v, type.shape())).orElseGet(() -> fresh(type));
  }

  private static boolean ends(TensorType whole, TensorType part) {
    int r = whole.rank();
    return part.dtype() == whole.dtype()
        && part.rank() < r
        && whole.shape().range(r - part.rank(), r).equals(part.shape());
  }

  /** {@code v} with new axes in front. */
  Value repeat(Value v, Shape to) {
    List<Integer> axes = IntStream.range(to.rank() - v.type().rank(), to.rank()).boxed().toList();
    Value wide = builder.emit(new Move.Broadcast(to, axes), List.of(v)).getFirst();
    return put(wide, facts(v));
  }

  /** A value without operands. */
  private Value fresh(TensorType type) {
    if (builder.params().size() < maxParams) {
      return param(type, new Facts(Samples.BOUND, 0));
    }
    if (type.rank() > 0 && type.dtype().isNumeric() && type.size() > 0) {
      int axis = type.rank() - 1;
      Value iota = builder.emit(new Source.Iota(type, axis), List.of()).getFirst();
      return put(iota, new Facts(type.shape().dim(axis), 0));
    }
    return literal(type, new Choices(List.of()));
  }

  Lit literal(TensorType type, Choices c) {
    double v = LITERALS[c.next(LITERALS.length)];
    return type.dtype() == DType.BOOL ? Lit.ofLong(type, v > 0 ? 1 : 0) : Lit.of(type, v);
  }
}
