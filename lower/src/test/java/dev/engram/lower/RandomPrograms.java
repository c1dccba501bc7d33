package dev.engram.lower;

import dev.engram.ir.Graph;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Small random programs over f64, with scans and conds, whose values stay near 1. */
final class RandomPrograms {
  private final Random random;
  private int depth;

  private RandomPrograms(long seed) {
    random = new Random(seed);
  }

  static Graph program(long seed) {
    RandomPrograms r = new RandomPrograms(seed);
    List<TensorType> types = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      types.add(Oracle.f64(r.dims()));
    }
    return Oracle.trace(types, r::body);
  }

  private int[] dims() {
    int[] d = new int[random.nextInt(4)];
    for (int i = 0; i < d.length; i++) {
      d[i] = random.nextInt(12) == 0 ? 0 : 1 + random.nextInt(3);
    }
    return d;
  }

  private List<Tensor> body(List<Tensor> in) {
    List<Tensor> pool = new ArrayList<>(in);
    int n = 3 + random.nextInt(depth == 0 ? 14 : 5);
    for (int i = 0; i < n; i++) {
      pool.addAll(step(pool));
    }
    List<Tensor> outs = new ArrayList<>();
    int results = 1 + random.nextInt(3);
    for (int i = 0; i < results; i++) {
      outs.add(random.nextInt(4) == 0 ? pick(pool) : pool.get(pool.size() - 1 - i));
    }
    return outs;
  }

  private Tensor pick(List<Tensor> pool) {
    return pool.get(random.nextInt(pool.size()));
  }

  private List<Tensor> step(List<Tensor> pool) {
    Tensor x = pick(pool);
    return switch (random.nextInt(depth < 2 ? 16 : 14)) {
      case 0 -> List.of(x.tanh());
      case 1 -> List.of(x.neg().add(0.5));
      case 2, 3, 4 -> List.of(binary(x, pick(pool)));
      case 5 -> List.of(reduce(x));
      case 6 -> List.of(x.transpose(permutation(x.rank())));
      case 7 -> List.of(reshape(x));
      case 8 -> List.of(slice(x));
      case 9 -> List.of(pad(x));
      case 10 -> List.of(dot(x, pick(pool)));
      case 11 -> List.of(concat(x, pick(pool)));
      case 12 -> List.of(indexed(x));
      case 13 -> List.of(x.expandDims(0).broadcastTo(Shape.of(2).concat(x.shape())));
      case 14 -> scan(pool);
      default -> cond(pool);
    };
  }

  private int[] permutation(int rank) {
    List<Integer> p = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    Collections.shuffle(p, random);
    return p.stream().mapToInt(Integer::intValue).toArray();
  }

  private Tensor binary(Tensor a, Tensor b) {
    Tensor other = b.shape().equals(a.shape()) ? b : b.sum().tanh();
    return switch (random.nextInt(4)) {
      case 0 -> a.add(other).mul(0.5);
      case 1 -> a.mul(other);
      case 2 -> a.max(other);
      default -> a.gt(other).select(a, a.like(0.25));
    };
  }

  private Tensor reduce(Tensor x) {
    int[] axes = IntStream.range(0, x.rank()).filter(i -> random.nextBoolean()).toArray();
    if (axes.length == 0) {
      return x.sum().mul(0.1);
    }
    return random.nextInt(3) == 0 ? x.sum(axes).tanh() : x.max(axes).tanh();
  }

  private Tensor reshape(Tensor x) {
    if (x.rank() < 2 || random.nextInt(3) == 0) {
      return x.reshape(Shape.of((int) x.shape().size()));
    }
    return x.reshape(
        Shape.of((int) x.shape().range(0, 2).size()).concat(x.shape().range(2, x.rank())));
  }

  private Tensor slice(Tensor x) {
    if (x.rank() == 0) {
      return x.exp().tanh();
    }
    int a = random.nextInt(x.rank());
    if (random.nextInt(3) == 0) {
      return x.reverse(a);
    }
    int from = random.nextInt(x.dim(a) + 1);
    return x.slice(a, from, from + random.nextInt(x.dim(a) - from + 1));
  }

  private Tensor pad(Tensor x) {
    List<Integer> low = new ArrayList<>();
    List<Integer> interior = new ArrayList<>();
    boolean inside = random.nextInt(4) == 0;
    for (int i = 0; i < x.rank(); i++) {
      low.add(random.nextInt(2));
      interior.add(inside ? random.nextInt(2) : 0);
    }
    Tensor zero = x.sum().mul(0.1).tanh();
    return Tensor.apply(new Move.Pad(low, low.reversed(), interior), List.of(x, zero)).getFirst();
  }

  private Tensor dot(Tensor a, Tensor b) {
    List<Integer> lhs = new ArrayList<>();
    List<Integer> rhs = new ArrayList<>();
    for (int i = 0; i < a.rank(); i++) {
      for (int j = 0; j < b.rank(); j++) {
        if (a.dim(i) == b.dim(j) && !lhs.contains(i) && !rhs.contains(j) && random.nextBoolean()) {
          lhs.add(i);
          rhs.add(j);
        }
      }
    }
    int batch = random.nextInt(lhs.size() + 1);
    Dot d =
        new Dot(
            lhs.subList(batch, lhs.size()),
            rhs.subList(batch, rhs.size()),
            lhs.subList(0, batch),
            rhs.subList(0, batch));
    long size = d.typeOf(List.of(a.type(), b.type())).getFirst().size();
    return size > 500 ? a.sin() : a.dot(b, d).tanh();
  }

  private Tensor concat(Tensor a, Tensor b) {
    boolean fits = a.rank() > 0 && a.shape().size() < 200;
    int axis = fits ? random.nextInt(a.rank()) : 0;
    if (!fits) {
      return a.cos();
    }
    boolean same = b.rank() == a.rank() && b.shape().with(axis, 0).equals(a.shape().with(axis, 0));
    return Tensor.concat(axis, a, same ? b : a.mul(0.5), a.like(0.125));
  }

  private Tensor indexed(Tensor x) {
    if (x.rank() == 0 || x.shape().size() == 0) {
      return x.square();
    }
    int axis = random.nextInt(x.rank());
    Tensor i = x.mul(3).floor().cast(dev.engram.ir.DType.I32).reshape((int) x.shape().size());
    if (random.nextInt(3) == 0) {
      i = i.checkRange("i", -99, 99);
    }
    if (random.nextInt(3) == 0) {
      return window(x, i.slice(0, 0, 1).reshape());
    }
    if (random.nextInt(4) == 0) {
      return x.argMax(axis).checkRange("most", 0, 99).cast(dev.engram.ir.DType.F64).mul(0.25);
    }
    if (random.nextBoolean()) {
      return x.take(i.slice(0, 0, 1), axis);
    }
    Tensor at = i.slice(0, 0, 1);
    Tensor updates = x.slice(axis, 0, 1).mul(0.5);
    return Tensor.apply(
            new Index.Scatter(axis, 0, Index.Combine.values()[random.nextInt(3)]),
            List.of(random.nextBoolean() ? x : x.mul(0.5), at, updates))
        .getFirst();
  }

  private Tensor window(Tensor x, Tensor at) {
    int[] size = x.shape().toArray();
    List<Tensor> in = new ArrayList<>(List.of(x));
    for (int a = 0; a < size.length; a++) {
      size[a] = random.nextInt(size[a]) + 1;
    }
    Shape part = Shape.of(size);
    List<Tensor> starts = Collections.nCopies(size.length, at);
    in.addAll(starts);
    Tensor w = Tensor.apply(new Index.DynamicSlice(part), in).getFirst();
    if (random.nextBoolean()) {
      return w;
    }
    in.clear();
    in.add(random.nextBoolean() ? x : x.mul(0.5));
    in.add(w.tanh());
    in.addAll(starts);
    return Tensor.apply(new Index.DynamicUpdate(), in).getFirst();
  }

  private List<Tensor> scan(List<Tensor> pool) {
    List<Tensor> consts = List.of(pick(pool));
    List<Tensor> carry =
        random.nextBoolean() ? List.of(pick(pool)) : List.of(pick(pool), pick(pool));
    int length = random.nextInt(4);
    Tensor x = pick(pool);
    List<Tensor> xs =
        List.of(x.expandDims(0).broadcastTo(Shape.of(length).concat(x.shape())).mul(0.5));
    depth++;
    List<Tensor> out =
        Oracle.scan(
            length,
            random.nextBoolean(),
            consts,
            carry,
            xs,
            in -> {
              List<Tensor> results = new ArrayList<>();
              List<Tensor> made = body(in);
              for (Tensor c : in.subList(1, 1 + carry.size())) {
                Tensor fit =
                    made.stream()
                        .filter(t -> t.type().equals(c.type()))
                        .findFirst()
                        .orElse(c.mul(0.5));
                results.add(
                    random.nextInt(5) == 0 && in.getLast().type().equals(c.type())
                        ? in.getLast()
                        : fit.add(c).mul(0.5));
              }
              results.addAll(made);
              return results;
            });
    depth--;
    return out;
  }

  private List<Tensor> cond(List<Tensor> pool) {
    Tensor a = pick(pool);
    Tensor b = pick(pool);
    depth++;
    List<TensorType> types = List.of(a.type(), b.type());
    Graph yes = Oracle.trace(types, this::body);
    Graph no =
        Oracle.trace(
            types,
            in ->
                yes.outTypes().stream()
                    .map(
                        t ->
                            in.stream()
                                .filter(v -> v.type().equals(t))
                                .map(v -> random.nextBoolean() ? v : v.mul(0.5))
                                .findFirst()
                                .orElseGet(() -> in.getFirst().sum().broadcastTo(t.shape())))
                    .toList());
    depth--;
    return Tensor.apply(new Control.Cond(yes, no), List.of(a.sum().gt(0.2), a, b));
  }
}
