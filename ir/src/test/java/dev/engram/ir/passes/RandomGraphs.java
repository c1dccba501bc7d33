package dev.engram.ir.passes;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.Value;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Small programs over every family: ops are drawn on values drawn from what there is, and what does
 * not type-check is drawn again. Literals are mostly the values that rules look for.
 */
final class RandomGraphs implements GraphSource {
  private static final double[] SPECIAL = {
    0,
    0,
    -0.0,
    -0.0,
    1,
    -1,
    2,
    0.5,
    -2,
    3.25,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.NaN
  };
  private static final List<ElementwiseRow> RULED =
      List.of(Rows.ADD, Rows.SUB, Rows.MUL, Rows.DIV, Rows.NEG, Rows.MAX, Rows.SELECT, Rows.POW);
  private static final List<Shape> SHAPES =
      List.of(Shape.scalar(), Shape.of(3), Shape.of(2, 3), Shape.of(1, 3), Shape.of(2, 1, 2));
  private static final List<DType> DTYPES =
      List.of(DType.F32, DType.F32, DType.F32, DType.F64, DType.I32, DType.I64, DType.BOOL);

  @Override
  public Graph graph(RandomGenerator random) {
    Builder b = new Builder("random");
    List<Value> pool = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      pool.add(b.param(type(random), Role.INPUT, ""));
    }
    return body(b, pool, random, 14, 2);
  }

  @Override
  public HostTensor argument(TensorType type, RandomGenerator random) {
    HostTensor t = HostTensor.allocate(type);
    for (long i = 0; i < type.size(); i++) {
      double v =
          random.nextInt(3) == 0
              ? SPECIAL[random.nextInt(SPECIAL.length)]
              : Math.round(random.nextGaussian() * 16) / 4.0;
      t.setDouble(i, v);
    }
    return t;
  }

  private Graph body(Builder b, List<Value> pool, RandomGenerator random, int eqns, int depth) {
    grow(b, pool, random, eqns, depth);
    List<Value> outs = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      outs.add(pool.get(pool.size() - 1 - random.nextInt(Math.min(pool.size(), 8))));
    }
    return b.build(outs);
  }

  private void grow(Builder b, List<Value> pool, RandomGenerator random, int eqns, int depth) {
    int made = 0;
    for (int attempt = 0; attempt < 40 * eqns && made < eqns; attempt++) {
      try {
        if (depth > 0 && random.nextInt(12) == 0) {
          pool.addAll(control(b, pool, random, depth));
        } else {
          pool.addAll(step(b, pool, random));
        }
        made++;
      } catch (TypeException drawnAgain) {
        continue;
      }
    }
  }

  private static TensorType type(RandomGenerator random) {
    return new TensorType(pick(DTYPES, random), pick(SHAPES, random));
  }

  private static <T> T pick(List<T> from, RandomGenerator random) {
    return from.get(random.nextInt(from.size()));
  }

  /** A value, preferring late ones, or a literal. */
  private static Value draw(List<Value> pool, RandomGenerator random) {
    if (random.nextInt(6) == 0) {
      return literal(pick(pool, random).type(), random);
    }
    return random.nextBoolean()
        ? pool.get(pool.size() - 1 - random.nextInt(Math.min(pool.size(), 4)))
        : pick(pool, random);
  }

  private static Value like(TensorType type, List<Value> pool, RandomGenerator random) {
    List<Value> fit = pool.stream().filter(v -> v.type().equals(type)).toList();
    return fit.isEmpty() || random.nextInt(3) == 0 ? literal(type, random) : pick(fit, random);
  }

  private static Lit literal(TensorType type, RandomGenerator random) {
    return Lit.of(type, SPECIAL[random.nextInt(SPECIAL.length)]);
  }

  private List<? extends Value> step(Builder b, List<Value> pool, RandomGenerator random) {
    Value x = draw(pool, random);
    TensorType t = x.type();
    return switch (random.nextInt(16)) {
      case 0, 1, 2, 3, 4 -> {
        ElementwiseRow row = pick(random.nextInt(4) == 0 ? Rows.all() : RULED, random);
        List<Value> in = new ArrayList<>();
        for (int i = 0; i < row.arity(); i++) {
          boolean predicate = row.equals(Rows.SELECT) && i == 0;
          in.add(like(predicate ? t.with(DType.BOOL) : t, pool, random));
        }
        yield b.emit(new Elementwise(row), in);
      }
      case 5 -> b.emit(new Cast(pick(DTYPES, random)), List.of(x));
      case 6 -> b.emit(reduce(t, random), List.of(x));
      case 7 -> {
        Value y = draw(pool, random);
        Stream<Integer> l = axes(t.rank(), random).stream();
        Stream<Integer> r = axes(y.type().rank(), random).stream();
        int batch = random.nextInt(2);
        List<Integer> la = l.toList();
        List<Integer> ra = r.toList();
        int split = Math.min(batch, Math.min(la.size(), ra.size()));
        yield b.emit(
            new Dot(
                la.subList(split, la.size()),
                ra.subList(split, ra.size()),
                la.subList(0, split),
                ra.subList(0, split)),
            List.of(x, y));
      }
      case 8, 9, 10, 11, 12 -> move(b, x, pool, random);
      case 13 -> index(b, x, pool, random);
      case 14 -> source(b, t, random);
      default -> {
        if (t.dtype() == DType.I64) {
          throw new TypeException("the range of a check leaves out its upper end");
        }
        Op op = new Check.Range("value", Integer.MIN_VALUE, 1L + Integer.MAX_VALUE);
        yield b.emit(op, List.of(x));
      }
    };
  }

  private static Reduce reduce(TensorType t, RandomGenerator random) {
    Reduce.Kind kind = pick(List.of(Reduce.Kind.values()), random);
    List<Integer> axes = axes(t.rank(), random);
    boolean arg = kind == Reduce.Kind.ARGMAX || kind == Reduce.Kind.ARGMIN;
    return new Reduce(kind, arg && axes.size() > 1 ? axes.subList(0, 1) : axes);
  }

  /** Some axes, in any order. */
  private static List<Integer> axes(int rank, RandomGenerator random) {
    List<Integer> all = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    List<Integer> some = new ArrayList<>();
    while (!all.isEmpty() && random.nextInt(3) > 0) {
      some.add(all.remove(random.nextInt(all.size())));
    }
    return some;
  }

  private static List<Integer> permutation(int rank, RandomGenerator random) {
    List<Integer> left = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    List<Integer> perm = new ArrayList<>();
    while (!left.isEmpty()) {
      perm.add(left.remove(random.nextInt(left.size())));
    }
    return perm;
  }

  private static List<? extends Value> move(
      Builder b, Value x, List<Value> pool, RandomGenerator random) {
    Shape s = x.type().shape();
    int rank = s.rank();
    return switch (random.nextInt(8)) {
      case 0 -> {
        List<Integer> dims =
            random.nextBoolean()
                ? s.insert(random.nextInt(rank + 1), 1).dims()
                : List.of((int) s.size());
        yield b.emit(new Move.Reshape(Shape.of(dims)), List.of(x));
      }
      case 1 -> b.emit(new Move.Transpose(permutation(rank, random)), List.of(x));
      case 2 -> {
        int at = random.nextInt(rank + 1);
        Shape wide = s.insert(at, 1 + random.nextInt(3));
        if (wide.size() > 64) {
          throw new TypeException("too large");
        }
        List<Integer> axes = IntStream.range(0, rank).map(i -> i < at ? i : i + 1).boxed().toList();
        yield b.emit(new Move.Broadcast(wide, axes), List.of(x));
      }
      case 3 -> {
        List<Integer> start = new ArrayList<>();
        List<Integer> limit = new ArrayList<>();
        List<Integer> stride = new ArrayList<>();
        for (int d : s.dims()) {
          int from = random.nextInt(3) == 0 ? random.nextInt(d + 1) : 0;
          start.add(from);
          limit.add(random.nextInt(3) == 0 ? from + random.nextInt(d - from + 1) : d);
          stride.add(random.nextInt(3) == 0 ? 2 : 1);
        }
        yield b.emit(new Move.Slice(start, limit, stride), List.of(x));
      }
      case 4 -> {
        List<Integer> low = s.dims().stream().map(d -> random.nextInt(2)).toList();
        List<Integer> high = s.dims().stream().map(d -> random.nextInt(2)).toList();
        List<Integer> interior = s.dims().stream().map(d -> random.nextInt(4) / 3).toList();
        Value fill = literal(TensorType.scalar(x.type().dtype()), random);
        yield b.emit(new Move.Pad(low, high, interior), List.of(x, fill));
      }
      case 5 -> {
        List<Value> parts = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(3); i++) {
          parts.add(like(x.type(), pool, random));
        }
        yield b.emit(new Move.Concat(random.nextInt(Math.max(rank, 1))), parts);
      }
      case 6 ->
          b.emit(
              new Move.Shear(
                  random.nextInt(rank + 1), random.nextInt(rank + 1), random.nextInt(5) - 2),
              List.of(x));
      default -> b.emit(new Move.Reverse(axes(rank, random)), List.of(x));
    };
  }

  private static List<? extends Value> index(
      Builder b, Value x, List<Value> pool, RandomGenerator random) {
    TensorType t = x.type();
    List<Value> wholes = pool.stream().filter(v -> v.type().dtype().isInteger()).toList();
    if (wholes.isEmpty() || t.rank() == 0) {
      throw new TypeException("nothing to index with");
    }
    Value i = pick(wholes, random);
    Index.Gather gather = new Index.Gather(random.nextInt(t.rank()), random.nextInt(2));
    if (random.nextBoolean()) {
      List<Value> in = new ArrayList<>(List.of(x));
      t.shape().dims().forEach(d -> in.add(like(TensorType.scalar(DType.I32), pool, random)));
      if (random.nextBoolean()) {
        Shape window =
            Shape.of(
                t.shape().dims().stream().map(d -> Math.min(d, 1 + random.nextInt(2))).toList());
        return b.emit(new Index.DynamicSlice(window), in);
      }
      in.add(1, like(t, pool, random));
      return b.emit(new Index.DynamicUpdate(), in);
    }
    if (random.nextBoolean()) {
      return b.emit(gather, List.of(x, i));
    }
    TensorType updates = gather.typeOf(List.of(t, i.type())).getFirst();
    Index.Combine combine = pick(List.of(Index.Combine.values()), random);
    return b.emit(
        new Index.Scatter(gather.axis(), gather.batch(), combine),
        List.of(x, i, like(updates, pool, random)));
  }

  private List<? extends Value> source(Builder b, TensorType t, RandomGenerator random) {
    return switch (random.nextInt(3)) {
      case 0 -> b.emit(new Source.Const(argument(t, random)), List.of());
      case 1 -> b.emit(new Source.Iota(t, random.nextInt(Math.max(t.rank(), 1))), List.of());
      default -> {
        Value key = b.emit1(new Source.Const(argument(TensorType.of(DType.I32, 2), random)));
        yield b.emit(new Source.RandomBits(t.shape()), List.of(key));
      }
    };
  }

  private List<? extends Value> control(
      Builder b, List<Value> pool, RandomGenerator random, int depth) {
    List<Value> in = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      in.add(draw(pool, random));
    }
    return switch (random.nextInt(4)) {
      case 0 -> {
        Builder inner = new Builder("call");
        Graph g = body(inner, params(inner, in, 0), random, 5, depth - 1);
        yield b.emit(new Control.Call(g, new Control.Derivative.Plain()), in);
      }
      case 1 -> cond(b, in, pool, random, depth);
      default -> scan(b, in, random, depth);
    };
  }

  private static List<Value> params(Builder inner, List<Value> in, int sliced) {
    List<Value> pool = new ArrayList<>();
    for (int i = 0; i < in.size(); i++) {
      TensorType t = in.get(i).type();
      boolean slice = i >= in.size() - sliced;
      pool.add(inner.param(slice ? t.with(t.shape().range(1, t.rank())) : t, Role.INPUT, ""));
    }
    return pool;
  }

  private List<? extends Value> cond(
      Builder b, List<Value> in, List<Value> pool, RandomGenerator random, int depth) {
    Builder onTrue = new Builder("true");
    Builder onFalse = new Builder("false");
    Graph t = body(onTrue, params(onTrue, in, 0), random, 4, depth - 1);
    List<Value> falsePool = params(onFalse, in, 0);
    grow(onFalse, falsePool, random, 4, depth - 1);
    Graph f =
        onFalse.build(t.outTypes().stream().map(type -> like(type, falsePool, random)).toList());
    List<Value> operands = new ArrayList<>(in);
    operands.addFirst(like(TensorType.scalar(DType.BOOL), pool, random));
    return b.emit(new Control.Cond(t, f), operands);
  }

  private List<? extends Value> scan(Builder b, List<Value> in, RandomGenerator random, int depth) {
    int length = random.nextInt(4);
    List<Value> operands = new ArrayList<>(in);
    Value x = in.getFirst();
    Shape stacked = x.type().shape().insert(0, length);
    List<Integer> axes = IntStream.range(1, stacked.rank()).boxed().toList();
    operands.add(
        random.nextBoolean()
            ? b.emit1(new Move.Broadcast(stacked, axes), x)
            : b.emit1(new Source.Const(argument(x.type().with(stacked), random))));
    Builder inner = new Builder("step");
    List<Value> pool = params(inner, operands, 1);
    List<Value> first = List.copyOf(pool);
    grow(inner, pool, random, 6, depth - 1);
    // Two constants, two carries, one stacked input, two stacked outputs.
    List<Value> outs = new ArrayList<>();
    outs.add(like(first.get(2).type(), pool, random));
    outs.add(random.nextInt(3) == 0 ? first.get(3) : like(first.get(3).type(), pool, random));
    outs.add(draw(pool, random));
    outs.add(draw(pool, random));
    Graph g = inner.build(outs);
    return b.emit(new Control.Scan(g, 2, 2, length, random.nextBoolean()), operands);
  }
}
