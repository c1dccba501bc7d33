package dev.engram.tests.sizes;

import static dev.engram.tests.sizes.HugeLengths.any;
import static dev.engram.tests.sizes.HugeLengths.exact;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Collective;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.OptimizationBarrier;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Random uses of every family of ops, with lengths and parameters of any size. */
final class SizedUses {
  private final SplittableRandom random;

  private SizedUses(SplittableRandom random) {
    this.random = random;
  }

  /** For each family, or member of one with a rule of its own for shapes, a source of uses. */
  static Map<String, Function<SplittableRandom, SizedUse>> families() {
    Map<String, Function<SizedUses, SizedUse>> m = new LinkedHashMap<>();
    m.put("elementwise", s -> s.same(new Elementwise(Rows.ADD), DType.F32, 2));
    m.put("cast", s -> s.same(new Cast(DType.F64), DType.I8, 1));
    m.put("barrier", s -> s.same(new OptimizationBarrier(), DType.F32, 2));
    m.put("check", s -> s.same(new Check.Finite("huge"), DType.F32, 1));
    m.put("collective", s -> s.same(new Collective.Sum("i"), DType.F32, 1));
    m.put("reduce", SizedUses::reduce);
    m.put("dot", SizedUses::dot);
    m.put("reshape", SizedUses::reshape);
    m.put("transpose", SizedUses::transpose);
    m.put("broadcast", SizedUses::broadcast);
    m.put("slice", SizedUses::slice);
    m.put("pad", SizedUses::pad);
    m.put("concat", SizedUses::concat);
    m.put("reverse", SizedUses::reverse);
    m.put("shear", SizedUses::shear);
    m.put("gather", s -> s.gather(Optional.empty()));
    m.put("scatter", s -> s.gather(Optional.of(s.pick(Index.Combine.values()))));
    m.put("dynamicSlice", SizedUses::dynamicSlice);
    m.put("dynamicUpdate", SizedUses::dynamicUpdate);
    m.put("argSort", SizedUses::argSort);
    m.put("iota", SizedUses::iota);
    m.put("randomBits", SizedUses::randomBits);
    m.put("scan", s -> SizedControls.scan(s.random, s.type(DType.F32, 0)));
    m.put("while", s -> SizedControls.loop(s.random, s.type(DType.F32, 0)));
    m.put("cond", s -> SizedControls.cond(s.random, s.type(DType.F32, 0)));
    m.put("call", s -> SizedControls.call(s.random, s.type(DType.F32, 0)));
    Map<String, Function<SplittableRandom, SizedUse>> all = new LinkedHashMap<>();
    m.forEach((name, draw) -> all.put(name, r -> draw.apply(new SizedUses(r))));
    return all;
  }

  /** A move of something of this type; the first operand is that. */
  static SizedUse move(SplittableRandom random, TensorType x) {
    SizedUses s = new SizedUses(random);
    return switch (random.nextInt(x.rank() > 1 ? 8 : 7)) {
      case 0 -> s.reshape(x);
      case 1 -> s.transpose(x);
      case 2 -> s.slice(x);
      case 3 -> s.slice(x);
      case 4 -> s.pad(x);
      case 5 -> x.rank() > 0 ? s.concat(x) : s.reverse(x);
      case 6 -> s.spread(x);
      default -> s.shear(x);
    };
  }

  // one more axis, where there can be one
  private SizedUse spread(TensorType x) {
    List<Integer> to = new ArrayList<>(x.shape().dims());
    int at = random.nextInt(to.size() + 1);
    to.add(at, any(random));
    if (SizedUse.tooLarge(exact(to)).isPresent()) {
      return reverse(x);
    }
    List<Integer> axes = new ArrayList<>(range(0, to.size()));
    axes.remove(at);
    return use(new Move.Broadcast(shape(to), axes), List.of(x), exact(to));
  }

  private <T> T pick(T[] of) {
    return of[random.nextInt(of.length)];
  }

  private TensorType type(DType dtype, int leastRank) {
    return HugeLengths.type(random, dtype, random.nextInt(leastRank, 5));
  }

  static SizedUse use(Op op, List<TensorType> in, List<BigInteger> result) {
    return new SizedUse(op, in, List.of(result));
  }

  private SizedUse same(Op op, DType dtype, int operands) {
    TensorType t = type(dtype, 0);
    return use(op, Collections.nCopies(operands, t), exact(t));
  }

  private List<Integer> someAxes(int rank) {
    return IntStream.range(0, rank).filter(_ -> random.nextBoolean()).boxed().toList();
  }

  private SizedUse reduce() {
    Reduce.Kind kind = pick(Reduce.Kind.values());
    boolean logic = kind == Reduce.Kind.ANY || kind == Reduce.Kind.ALL;
    boolean arg = kind == Reduce.Kind.ARGMAX || kind == Reduce.Kind.ARGMIN;
    TensorType x = type(logic ? DType.BOOL : DType.F32, arg ? 1 : 0);
    List<Integer> axes = arg ? List.of(random.nextInt(x.rank())) : someAxes(x.rank());
    if (arg && x.shape().dim(axes.getFirst()) == 0) {
      return reduce();
    }
    List<BigInteger> out = new ArrayList<>(exact(x));
    axes.reversed().forEach(a -> out.remove((int) a));
    return use(new Reduce(kind, axes), List.of(x), out);
  }

  // [batch, free, contracted] · [contracted, batch, free]
  private SizedUse dot() {
    List<Integer> batch = lengths(random.nextInt(2));
    List<Integer> summed = lengths(random.nextInt(3));
    List<Integer> left = lengths(random.nextInt(3));
    List<Integer> right = lengths(random.nextInt(3));
    List<Integer> l = join(batch, left, summed);
    List<Integer> r = join(summed, batch, right);
    if (SizedUse.tooLarge(exact(l)).isPresent() || SizedUse.tooLarge(exact(r)).isPresent()) {
      return dot();
    }
    int nb = batch.size();
    int ns = summed.size();
    Dot op = new Dot(range(nb + left.size(), ns), range(0, ns), range(0, nb), range(ns, nb));
    return use(op, List.of(f32(l), f32(r)), exact(join(batch, left, right)));
  }

  private List<Integer> lengths(int n) {
    return IntStream.range(0, n).mapToObj(_ -> any(random)).toList();
  }

  @SafeVarargs
  private static List<Integer> join(List<Integer>... parts) {
    List<Integer> all = new ArrayList<>();
    for (List<Integer> p : parts) {
      all.addAll(p);
    }
    return all;
  }

  private static List<Integer> range(int from, int n) {
    return IntStream.range(from, from + n).boxed().toList();
  }

  private static Shape shape(List<Integer> dims) {
    return Shape.of(dims);
  }

  private static TensorType f32(List<Integer> dims) {
    return new TensorType(DType.F32, shape(dims));
  }

  // The lengths in another order, and neighbours as one where an int holds that.
  private SizedUse reshape() {
    return reshape(type(DType.F32, 0));
  }

  private SizedUse reshape(TensorType x) {
    List<Integer> to = new ArrayList<>(x.shape().dims());
    Collections.shuffle(to, new java.util.Random(random.nextLong()));
    for (int i = 0; i + 1 < to.size(); i++) {
      long both = (long) to.get(i) * to.get(i + 1);
      if (both <= Integer.MAX_VALUE && random.nextBoolean()) {
        to.set(i, (int) both);
        to.remove(i + 1);
      }
    }
    if (SizedUse.tooLarge(exact(to)).isPresent()) {
      return reshape(x);
    }
    return use(new Move.Reshape(shape(to)), List.of(x), exact(to));
  }

  private SizedUse transpose() {
    return transpose(type(DType.F32, 0));
  }

  private SizedUse transpose(TensorType x) {
    List<Integer> perm = new ArrayList<>(range(0, x.rank()));
    Collections.shuffle(perm, new java.util.Random(random.nextLong()));
    return use(
        new Move.Transpose(perm),
        List.of(x),
        perm.stream().map(a -> BigInteger.valueOf(x.shape().dim(a))).toList());
  }

  private SizedUse broadcast() {
    TensorType y = type(DType.F32, 0);
    List<Integer> axes = someAxes(y.rank());
    return use(
        new Move.Broadcast(y.shape(), axes),
        List.of(f32(axes.stream().map(y.shape()::dim).toList())),
        exact(y));
  }

  // ⌈(limit - start) / stride⌉
  private SizedUse slice() {
    return slice(type(DType.F32, 1));
  }

  private SizedUse slice(TensorType x) {
    List<Integer> start = new ArrayList<>();
    List<Integer> limit = new ArrayList<>();
    List<Integer> stride = new ArrayList<>();
    List<BigInteger> out = new ArrayList<>();
    for (int n : x.shape().dims()) {
      int l = random.nextBoolean() ? n : (int) random.nextLong(n + 1L);
      int s = random.nextBoolean() ? 0 : (int) random.nextLong(l + 1L);
      int t = random.nextBoolean() ? 1 : Math.max(1, any(random));
      start.add(s);
      limit.add(l);
      stride.add(t);
      BigInteger all = BigInteger.valueOf(l).subtract(BigInteger.valueOf(s));
      BigInteger by = BigInteger.valueOf(t);
      out.add(all.add(by).subtract(BigInteger.ONE).divide(by));
    }
    return use(new Move.Slice(start, limit, stride), List.of(x), out);
  }

  // low + n + (n - 1)·interior + high
  private SizedUse pad() {
    return pad(type(DType.F32, 1));
  }

  private SizedUse pad(TensorType x) {
    List<Integer> low = new ArrayList<>();
    List<Integer> high = new ArrayList<>();
    List<Integer> interior = new ArrayList<>();
    List<BigInteger> out = new ArrayList<>();
    for (int n : x.shape().dims()) {
      low.add(random.nextBoolean() ? 0 : any(random));
      high.add(random.nextBoolean() ? 0 : any(random));
      interior.add(random.nextBoolean() ? 0 : any(random));
      BigInteger between =
          BigInteger.valueOf(Math.max(0, n - 1)).multiply(BigInteger.valueOf(interior.getLast()));
      out.add(
          BigInteger.valueOf(low.getLast())
              .add(BigInteger.valueOf(high.getLast()))
              .add(BigInteger.valueOf(n))
              .add(between));
    }
    return use(new Move.Pad(low, high, interior), List.of(x, TensorType.scalar(DType.F32)), out);
  }

  private SizedUse concat() {
    return concat(type(DType.F32, 1));
  }

  private SizedUse concat(TensorType x) {
    int axis = random.nextInt(x.rank());
    List<TensorType> in = new ArrayList<>(List.of(x));
    List<BigInteger> out = new ArrayList<>(exact(x));
    for (int k = random.nextInt(3); k > 0; k--) {
      int n = any(random);
      List<Integer> dims = new ArrayList<>(x.shape().dims());
      dims.set(axis, n);
      if (SizedUse.tooLarge(exact(dims)).isEmpty()) {
        in.add(f32(dims));
        out.set(axis, out.get(axis).add(BigInteger.valueOf(n)));
      }
    }
    return use(new Move.Concat(axis), in, out);
  }

  private SizedUse reverse() {
    return reverse(type(DType.F32, 0));
  }

  private SizedUse reverse(TensorType x) {
    return use(new Move.Reverse(someAxes(x.rank())), List.of(x), exact(x));
  }

  // n - |step|·(K - 1), which is refused by its rule where it is negative
  private SizedUse shear() {
    return shear(type(DType.F32, 2));
  }

  private SizedUse shear(TensorType x) {
    int axis = random.nextInt(x.rank());
    int by = (axis + 1 + random.nextInt(x.rank() - 1)) % x.rank();
    int step = random.nextBoolean() ? any(random) : -any(random);
    BigInteger slices = BigInteger.valueOf(Math.max(0, x.shape().dim(by) - 1));
    BigInteger left =
        BigInteger.valueOf(x.shape().dim(axis))
            .subtract(BigInteger.valueOf(step).abs().multiply(slices));
    if (left.signum() < 0) {
      return reverse(x);
    }
    List<BigInteger> out = new ArrayList<>(exact(x));
    out.set(axis, left);
    return use(new Move.Shear(axis, by, step), List.of(x), out);
  }

  private SizedUse gather(Optional<Index.Combine> scatter) {
    TensorType x = type(DType.F32, 1);
    int axis = random.nextInt(x.rank());
    int batch = random.nextInt(axis + 1);
    List<Integer> at = new ArrayList<>(x.shape().dims().subList(0, batch));
    at.addAll(lengths(random.nextInt(3)));
    List<Integer> out = new ArrayList<>(x.shape().dims().subList(0, axis));
    out.addAll(at.subList(batch, at.size()));
    out.addAll(x.shape().dims().subList(axis + 1, x.rank()));
    boolean noSource = x.size() == 0 && !out.contains(0);
    if (SizedUse.tooLarge(exact(at)).isPresent() || noSource) {
      return gather(scatter);
    }
    TensorType indices = new TensorType(DType.I32, shape(at));
    if (scatter.isEmpty()) {
      return use(new Index.Gather(axis, batch), List.of(x, indices), exact(out));
    }
    if (SizedUse.tooLarge(exact(out)).isPresent()) {
      return gather(scatter);
    }
    return use(
        new Index.Scatter(axis, batch, scatter.get()), List.of(x, indices, f32(out)), exact(x));
  }

  private List<TensorType> withStarts(TensorType... first) {
    List<TensorType> in = new ArrayList<>(List.of(first));
    in.addAll(Collections.nCopies(first[0].rank(), TensorType.scalar(DType.I32)));
    return in;
  }

  private TensorType window(TensorType x) {
    return f32(
        x.shape().dims().stream()
            .map(n -> random.nextBoolean() ? n : (int) random.nextLong(n + 1L))
            .toList());
  }

  private SizedUse dynamicSlice() {
    TensorType x = type(DType.F32, 0);
    TensorType w = window(x);
    return use(new Index.DynamicSlice(w.shape()), withStarts(x), exact(w));
  }

  private SizedUse dynamicUpdate() {
    TensorType x = type(DType.F32, 0);
    return use(new Index.DynamicUpdate(), withStarts(x, window(x)), exact(x));
  }

  private SizedUse argSort() {
    TensorType x = type(DType.F32, 1);
    return use(
        new Index.ArgSort(random.nextInt(x.rank()), random.nextBoolean()), List.of(x), exact(x));
  }

  private SizedUse iota() {
    TensorType t = type(pick(new DType[] {DType.I32, DType.I64, DType.F32}), 1);
    return use(new Source.Iota(t, random.nextInt(t.rank())), List.of(), exact(t));
  }

  private SizedUse randomBits() {
    TensorType t = type(DType.I32, 0);
    return use(new Source.RandomBits(t.shape()), List.of(TensorType.of(DType.I32, 2)), exact(t));
  }

  /** A constant is as large as what it holds. */
  static SizedUse constant() {
    HostTensor one = HostTensor.of(new float[] {1, 2}, 2);
    return use(new Source.Const(one), List.of(), exact(one.type()));
  }
}
