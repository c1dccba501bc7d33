package dev.engram.etrace.normalize;

import dev.engram.etrace.analysis.Flow;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Source;
import dev.engram.ir.tensor.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A chain of ops on one tensor that relabel positions: each element of the result is one element of
 * the operand.
 *
 * @param ops first to last; the gathers' indices are constants
 */
public record Relabelling(List<Step> ops) {
  /** One op; a gather has its constant indices beside it. */
  public record Step(Op op, Optional<HostTensor> indices) {
    Tensor apply(Tensor t) {
      List<Tensor> in = indices.<List<Tensor>>map(i -> List.of(t, i)).orElse(List.of(t));
      return Tensor.apply(op, in).getFirst();
    }
  }

  static final Relabelling NONE = new Relabelling(List.of());

  public Relabelling {
    ops = List.copyOf(ops);
  }

  /** Returns the op of {@code e}, if it relabels its only float operand. */
  public static Optional<Step> step(Flow flow, Eqn e) {
    return switch (e.op()) {
      case Move.Reshape _,
          Move.Transpose _,
          Move.Broadcast _,
          Move.Slice _,
          Move.Reverse _,
          Move.Shear _ ->
          Optional.of(new Step(e.op(), Optional.empty()));
      case Index.Gather _ -> constant(flow, e.in(1)).map(i -> new Step(e.op(), Optional.of(i)));
      default -> Optional.empty();
    };
  }

  /** Returns the value of {@code v}, if it is constant. */
  public static Optional<HostTensor> constant(Flow flow, Value v) {
    return switch (v) {
      case dev.engram.ir.Lit lit -> Optional.of(HostTensor.full(lit.type(), lit.asDouble()));
      case dev.engram.ir.Var x ->
          flow.definition(x) instanceof Eqn(Source.Const(HostTensor t), _, _, _)
              ? Optional.of(t)
              : Optional.empty();
    };
  }

  /** Returns this chain, preceded by {@code first}. */
  Relabelling after(Step first) {
    List<Step> all = new ArrayList<>();
    all.add(first);
    all.addAll(ops);
    return new Relabelling(all);
  }

  Tensor apply(Tensor t) {
    Tensor out = t;
    for (Step s : ops) {
      out = s.apply(out);
    }
    return out;
  }

  /** True when it leaves a tensor of this type unchanged. */
  boolean isIdentity(TensorType type) {
    int n = FlatLength.of(type);
    HostTensor index = Numbers.range("online learning", 0, n);
    HostTensor moved = apply(index.reshape(type.shape())).host();
    if (!moved.shape().equals(type.shape())) {
      return false;
    }
    return IntStream.range(0, n).allMatch(i -> moved.getDouble(i) == i);
  }

  /** Returns the chain as a graph with one parameter. */
  public Graph graph(TensorType type) {
    Builder b = new Builder("relabel");
    Tensor x = b.tracer(b.param(type, Role.INPUT, ""));
    return b.build(List.of(b.lift(apply(x))));
  }
}
