package dev.engram.autodiff;

import static dev.engram.autodiff.Oracle.f64;

import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Index;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Random well-typed functions of f64 tensors that are smooth almost everywhere, with loops and
 * branches inside each other. Values stay of the order of one.
 */
final class RandomFunctions {
  private static final List<Shape> SHAPES =
      List.of(Shape.of(), Shape.of(3), Shape.of(2, 3), Shape.of(3, 2), Shape.of(3, 3));

  private final SplittableRandom random;
  private final List<ElementwiseRow> unary;

  /**
   * @param unary rows that may appear
   */
  RandomFunctions(long seed, List<ElementwiseRow> unary) {
    this.random = new SplittableRandom(seed);
    this.unary = unary;
  }

  Graph next() {
    List<TensorType> params = new ArrayList<>();
    int n = random.nextInt(1, 4);
    for (int i = 0; i < n; i++) {
      params.add(f64(pick(SHAPES).toArray()));
    }
    return body("random", params, List.of(), 2, random.nextInt(3, 9));
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  /** A function whose first results have the types {@code first}; others follow. */
  private Graph body(
      String name, List<TensorType> params, List<TensorType> first, int depth, int ops) {
    Builder b = new Builder(name);
    List<Tensor> values = new ArrayList<>();
    params.forEach(t -> values.add(b.tracer(b.param(t, Role.INPUT, ""))));
    for (int i = 0; i < ops; i++) {
      values.addAll(step(values, depth));
    }
    List<Tensor> outs = new ArrayList<>();
    for (TensorType t : first) {
      outs.add(as(t.shape(), values.getLast()).add(as(t.shape(), any(values))).tanh());
    }
    outs.add(values.getLast());
    if (random.nextInt(3) == 0) {
      outs.add(any(values));
    }
    return b.build(outs.stream().map(b::lift).toList());
  }

  private Tensor any(List<Tensor> values) {
    // Recent ones more often, so that functions grow deep.
    int n = values.size();
    return values.get(Math.max(random.nextInt(n), random.nextInt(n)));
  }

  /** Some function of {@code x} that has {@code shape}. */
  private Tensor as(Shape shape, Tensor x) {
    if (x.shape().equals(shape)) {
      return x;
    }
    Tensor scalar = x.rank() == 0 ? x : x.mean();
    return scalar.broadcastTo(shape);
  }

  private List<Tensor> step(List<Tensor> values, int depth) {
    Tensor x = any(values);
    Tensor y = any(values);
    return switch (random.nextInt(depth > 0 ? 14 : 11)) {
      case 0, 1 -> List.of(Tensor.apply(new Elementwise(pick(unary)), List.of(x)).getFirst());
      case 2 -> List.of(as(x.shape(), y).mul(x));
      case 3 -> List.of(as(x.shape(), y).sub(x).tanh());
      case 4 -> List.of(x.div(as(x.shape(), y).square().add(1.5)));
      case 5 -> List.of(reduce(x));
      case 6 -> List.of(product(x, y));
      case 7 -> List.of(move(x));
      case 8 -> List.of(index(x, y));
      case 9 -> List.of(x.gt(0.1).select(as(x.shape(), y), x.sin()));
      case 10 -> List.of(as(x.shape(), y).max(x).add(x));
      case 11 -> scan(values, depth - 1);
      case 12 -> cond(values, depth - 1);
      default -> call(values, depth - 1);
    };
  }

  private Tensor reduce(Tensor x) {
    if (x.rank() == 0) {
      return x.sin();
    }
    int axis = random.nextInt(x.rank());
    return switch (random.nextInt(5)) {
      case 0 -> x.sum(axis).tanh();
      case 1 -> x.max(axis);
      case 2 -> x.prod(axis);
      case 3 -> x.min(axis);
      default -> x.logSumExp(axis);
    };
  }

  private Tensor product(Tensor x, Tensor y) {
    if (x.rank() == 2 && y.rank() >= 1) {
      int inner = y.rank() == 1 ? y.dim(0) : y.dim(0);
      if (x.dim(1) == inner) {
        return x.matmul(y).tanh();
      }
      if (x.dim(0) == inner) {
        return x.transpose().matmul(y).tanh();
      }
    }
    return x.mul(as(x.shape(), y)).sin();
  }

  private Tensor move(Tensor x) {
    if (x.rank() == 0) {
      return x.broadcastTo(3);
    }
    int axis = random.nextInt(x.rank());
    return switch (random.nextInt(5)) {
      case 0 -> x.transpose();
      case 1 -> x.reverse(axis);
      case 2 -> Tensor.concat(axis, x, x.square()).slice(axis, 1, 1 + x.dim(axis));
      case 3 -> {
        List<Integer> low = new ArrayList<>(Collections.nCopies(x.rank(), 0));
        low.set(axis, 1);
        List<Integer> none = Collections.nCopies(x.rank(), 0);
        yield x.pad(low, none, 0.5).slice(axis, 0, x.dim(axis));
      }
      default -> x.reshape(x.shape().insert(0, 1)).sum(0);
    };
  }

  private Tensor index(Tensor x, Tensor y) {
    if (x.rank() == 0) {
      return x.exp().tanh();
    }
    int axis = random.nextInt(x.rank());
    int n = x.dim(axis);
    int[] at = new int[n];
    for (int i = 0; i < n; i++) {
      at[i] = random.nextInt(-1, n + 1);
    }
    HostTensor indices = HostTensor.of(at, n);
    if (random.nextBoolean()) {
      return Tensor.apply(new Index.Gather(axis, 0), List.of(x, indices)).getFirst();
    }
    Index.Combine combine = pick(List.of(Index.Combine.SET, Index.Combine.ADD));
    return Tensor.apply(new Index.Scatter(axis, 0, combine), List.of(x, indices, as(x.shape(), y)))
        .getFirst();
  }

  private List<Tensor> scan(List<Tensor> values, int depth) {
    int length = random.nextInt(1, 4);
    Tensor constant = any(values);
    Tensor carry = any(values);
    Tensor slice = any(values);
    Tensor xs = Tensor.stack(0, Collections.nCopies(length, slice)).mul(0.9);
    List<TensorType> types = List.of(constant.type(), carry.type(), slice.type());
    Graph body = body("step", types, List.of(carry.type()), depth, random.nextInt(1, 5));
    List<Tensor> out =
        Tensor.apply(
            new Control.Scan(body, 1, 1, length, random.nextBoolean()),
            List.of(constant, carry, xs));
    return List.of(out.get(0), out.get(1).mean(0));
  }

  private List<Tensor> cond(List<Tensor> values, int depth) {
    Tensor a = any(values);
    Tensor b = any(values);
    Tensor p = a.rank() == 0 ? a.gt(0.05) : a.sum().gt(0.05);
    List<TensorType> types = List.of(a.type(), b.type());
    List<TensorType> first = List.of(a.type());
    Graph onTrue = only(body("onTrue", types, first, depth, random.nextInt(1, 4)));
    Graph onFalse = only(body("onFalse", types, first, depth, random.nextInt(1, 4)));
    return Tensor.apply(new Control.Cond(onTrue, onFalse), List.of(p, a, b));
  }

  private static Graph only(Graph g) {
    return new Graph(g.name(), g.params(), g.eqns(), g.outs().subList(0, 1));
  }

  /** A call with a rule that is the derivative of its body. */
  private List<Tensor> call(List<Tensor> values, int depth) {
    Tensor a = any(values);
    Tensor b = any(values);
    List<TensorType> types = List.of(a.type(), b.type());
    Graph body = only(body("called", types, List.of(a.type()), depth, random.nextInt(1, 4)));
    List<Boolean> both = List.of(true, true);
    Control.Derivative derivative =
        switch (random.nextInt(3)) {
          case 0 -> new Control.Derivative.Plain();
          case 1 -> new Control.Derivative.Jvp(Jvp.of(body, both));
          default -> {
            Linearized lin = Linearize.of(body, both);
            yield new Control.Derivative.Vjp(
                lin.primal(), Transpose.of(lin.tangent(), lin.residuals()));
          }
        };
    return Tensor.apply(new Control.Call(body, derivative), List.of(a, b));
  }
}
