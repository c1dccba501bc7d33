package dev.engram.autodiff.forward;

import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.Value;
import dev.engram.ir.checks.TypeRules;
import dev.engram.ir.op.Reduce;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Tangents of folds. */
record ReduceTangent(ForwardWalk push) {

  Optional<Value> of(Reduce op, Dual x, Value y) {
    return switch (op.kind()) {
      case SUM -> push.linear(op, List.of(x));
      case PROD -> weighted(op, x, product(push.savedTensor(x.primal()), op.axes()));
      case MAX, MIN -> weighted(op, x, extremes(op, x.primal(), y));
      case ANY, ALL, ARGMAX, ARGMIN -> Optional.empty();
    };
  }

  // dy = Σ_i w_i dx_i
  private Optional<Value> weighted(Reduce op, Dual x, Tensor weights) {
    Tensor t = push.tangent.tracer(x.tangent().orElseThrow());
    return Optional.of(push.tangent.lift(sum(weights.mul(t), op.axes())));
  }

  /** Without axes, {@link Tensor#sum} would fold all of them. */
  static Tensor sum(Tensor t, List<Integer> axes) {
    return Tensor.apply(new Reduce(Reduce.Kind.SUM, axes), List.of(t)).getFirst();
  }

  // w_i = [x_i = y] / #{j: x_j = y}: tied elements share the tangent equally
  private Tensor extremes(Reduce op, Value x, Value y) {
    Tensor in = push.savedTensor(x);
    Shape shape = in.shape();
    Tensor hit = in.eq(Terms.spread(push.savedTensor(y), shape, op.axes())).cast(in.dtype());
    return hit.div(Terms.spread(sum(hit, op.axes()), shape, op.axes()));
  }

  // w_i = Π_{j≠i} x_j
  private static Tensor product(Tensor x, List<Integer> axes) {
    List<Integer> perm = new ArrayList<>(axes);
    perm.addAll(Terms.others(x.rank(), axes));
    int[] order = perm.stream().mapToInt(Integer::intValue).toArray();
    int[] back = Terms.inverse(perm).stream().mapToInt(Integer::intValue).toArray();
    Tensor front = x.rank() == 0 ? x : x.transpose(order);
    Shape rest = front.shape().range(axes.size(), x.rank());
    long all = front.shape().range(0, axes.size()).size();
    String joined = "the axis of its derivative that joins axes " + axes + " of " + x.type();
    int n = TypeRules.length("reduce_prod", joined, all);
    Tensor w = products(front.reshape(rest.insert(0, n))).reshape(front.shape());
    return x.rank() == 0 ? w : w.transpose(back);
  }

  /**
   * The product of all others along axis 0, without a division: products of pairs upwards, then
   * downwards each gets what lies outside its pair times its neighbour.
   */
  private static Tensor products(Tensor x) {
    int n = x.dim(0);
    if (n <= 1) {
      return x.like(1);
    }
    if (n % 2 == 1) {
      List<Integer> low = Collections.nCopies(x.rank(), 0);
      List<Integer> high = new ArrayList<>(low);
      high.set(0, 1);
      return products(x.pad(low, high, 1)).slice(0, 0, n);
    }
    Shape rest = x.shape().range(1, x.rank());
    Tensor pairs = x.reshape(rest.insert(0, 2).insert(0, n / 2));
    Tensor even = pairs.slice(1, 0, 1);
    Tensor odd = pairs.slice(1, 1, 2);
    Tensor outside = products(even.mul(odd).squeeze(1)).expandDims(1);
    return Tensor.concat(1, outside.mul(odd), outside.mul(even)).reshape(x.shape());
  }
}
