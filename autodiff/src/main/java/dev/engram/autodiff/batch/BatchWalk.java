package dev.engram.autodiff.batch;

import dev.engram.autodiff.AutodiffException;
import dev.engram.autodiff.Batched;
import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Collective;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import dev.engram.ir.passes.Dce;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Walks a graph and writes its batched twin; the batch axis of a batched value is always axis 0.
 * Not a {@link dev.engram.ir.passes.GraphRewriter}: with each new value goes whether it is batched.
 */
public final class BatchWalk {
  final Builder b;
  final int size;

  final BatchAxisAnalysis flags;

  BatchWalk(Builder b, int size, BatchAxisAnalysis flags) {
    this.b = b;
    this.size = size;
    this.flags = flags;
  }

  List<BatchedValue> run(Graph g, List<BatchedValue> args) {
    Map<Value, BatchedValue> env = new HashMap<>();
    for (int i = 0; i < args.size(); i++) {
      env.put(g.params().get(i).var(), args.get(i));
    }
    for (Eqn e : g.eqns()) {
      List<BatchedValue> in = e.inputs().stream().map(v -> at(env, v)).toList();
      boolean differs = in.stream().anyMatch(BatchedValue::batched) || flags.names(e);
      List<BatchedValue> out = b.rule(e, () -> differs ? rule(e, in) : copy(e.op(), in));
      for (int i = 0; i < out.size(); i++) {
        env.put(e.outputs().get(i), out.get(i));
      }
    }
    return g.outs().stream().map(v -> at(env, v)).toList();
  }

  private static BatchedValue at(Map<Value, BatchedValue> env, Value v) {
    return v instanceof Var ? env.get(v) : BatchedValue.shared(v);
  }

  private List<BatchedValue> copy(Op op, List<BatchedValue> in) {
    return b.emit(op, values(in)).stream().map(BatchedValue::shared).toList();
  }

  static List<Value> values(List<BatchedValue> in) {
    return in.stream().map(BatchedValue::value).toList();
  }

  private List<BatchedValue> rule(Eqn e, List<BatchedValue> in) {
    return switch (e.op()) {
      case Elementwise op -> same(op, in);
      case Cast op -> same(op, in);
      case Check op -> same(op, in);
      case HostEffect op -> List.of(notice(e, op, in));
      case Reduce op -> same(new Reduce(op.kind(), shift(op.axes())), in);
      case Dot op -> List.of(dot(op, in.get(0), in.get(1)));
      case Move op -> List.of(new BatchMove(this).rule(op, in));
      case Index op -> List.of(new BatchIndex(this).rule(op, in));
      case Source op -> List.of(source(e, op, in));
      case Control op -> new BatchControl(this).rule(op, in);
      case Collective op when flags.overExamples(op) -> List.of(overExamples(op, in));
      case Collective op -> same(op, in);
      case Custom.Batchable op -> batchable(e, op, in);
      case Custom op -> run(flags.expansion(op, e), in);
    };
  }

  /** One notice for all examples: the order is theirs together. */
  private BatchedValue notice(Eqn e, HostEffect op, List<BatchedValue> in) {
    if (in.getFirst().batched()) {
      throw new AutodiffException(
          "%s (%s): its order differs between examples".formatted(op.mnemonic(), e.where()));
    }
    List<Value> operands = new ArrayList<>();
    operands.add(in.getFirst().value());
    in.subList(1, in.size()).forEach(w -> operands.add(widen(w)));
    return BatchedValue.shared(b.emit1(op, operands.toArray(Value[]::new)));
  }

  private BatchedValue overExamples(Collective op, List<BatchedValue> in) {
    return switch (op) {
      case Collective.Sum _ when in.getFirst().batched() ->
          BatchedValue.shared(
              b.emit1(new Reduce(Reduce.Kind.SUM, List.of(0)), in.getFirst().value()));
      case Collective.Sum _ -> BatchedValue.shared(b.lift(tensor(in.getFirst().value()).mul(size)));
      case Collective.Position _ ->
          BatchedValue.batched(
              b.emit1(new Source.Iota(new TensorType(DType.I32, Shape.of(size)), 0)));
    };
  }

  private List<BatchedValue> batchable(Eqn e, Custom.Batchable op, List<BatchedValue> in) {
    List<Tensor> each = in.stream().<Tensor>map(w -> tensor(w.value())).toList();
    List<Boolean> batched = in.stream().map(BatchedValue::batched).toList();
    List<Value> out = op.batch(each, batched, size).stream().map(b::lift).toList();
    List<TensorType> want =
        e.outputs().stream().map(v -> v.type().with(v.type().shape().insert(0, size))).toList();
    List<TensorType> got = out.stream().map(Value::type).toList();
    if (!got.equals(want)) {
      throw new AutodiffException(
          "%s: the rule batch of %s gives %s, expected %s (%s)"
              .formatted(op.mnemonic(), op.getClass().getName(), got, want, e.where()));
    }
    return out.stream().map(BatchedValue::batched).toList();
  }

  /** The op at every example; shared operands are repeated only beside batched ones. */
  private List<BatchedValue> same(Op op, List<BatchedValue> in) {
    return b.emit(op, in.stream().map(this::widen).toList()).stream()
        .map(BatchedValue::batched)
        .toList();
  }

  /** {@code w} with the batch axis. */
  Value widen(BatchedValue w) {
    return w.batched()
        ? w.value()
        : Terms.spread(b, w.value(), w.value().type().shape().insert(0, size), List.of(0));
  }

  Tensor tensor(Value v) {
    return b.tracer(v);
  }

  BatchedValue batched(Tensor t) {
    return BatchedValue.batched(b.lift(t));
  }

  /** The type of one example. */
  static TensorType example(BatchedValue w) {
    TensorType t = w.value().type();
    return w.batched() ? t.with(t.shape().range(1, t.rank())) : t;
  }

  static List<Integer> shift(List<Integer> axes) {
    return axes.stream().map(a -> a + 1).toList();
  }

  static List<Integer> prepend(int first, List<Integer> rest) {
    List<Integer> out = new ArrayList<>(List.of(first));
    out.addAll(rest);
    return out;
  }

  /** {@code v} with the batch axis, now at {@code from}, in front. */
  Value toFront(Value v, int from) {
    List<Integer> perm = new ArrayList<>(List.of(from));
    IntStream.range(0, v.type().rank()).filter(i -> i != from).forEach(perm::add);
    return Terms.permute(b, v, perm);
  }

  // A batch axis on one side only is one more free axis: x[B,in]·w stays one product.
  private BatchedValue dot(Dot op, BatchedValue l, BatchedValue r) {
    if (l.batched() && r.batched()) {
      Dot both =
          new Dot(
              shift(op.lhsContract()),
              shift(op.rhsContract()),
              prepend(0, shift(op.lhsBatch())),
              prepend(0, shift(op.rhsBatch())));
      return BatchedValue.batched(b.emit1(both, l.value(), r.value()));
    }
    int batch = op.lhsBatch().size();
    if (l.batched()) {
      Dot left =
          new Dot(shift(op.lhsContract()), op.rhsContract(), shift(op.lhsBatch()), op.rhsBatch());
      return BatchedValue.batched(toFront(b.emit1(left, l.value(), r.value()), batch));
    }
    Dot right =
        new Dot(op.lhsContract(), shift(op.rhsContract()), op.lhsBatch(), shift(op.rhsBatch()));
    int at = batch + op.lhsFree(l.value().type().rank()).size();
    return BatchedValue.batched(toFront(b.emit1(right, l.value(), r.value()), at));
  }

  private BatchedValue source(Eqn e, Source op, List<BatchedValue> in) {
    return switch (op) {
      case Source.RandomBits r -> BatchedValue.batched(randomBits(e, r, in.getFirst().value()));
      case Source.Const _, Source.Iota _ -> copy(op, in).getFirst();
    };
  }

  // One key after the other, so that every example draws the bits it would draw alone.
  private Value randomBits(Eqn e, Source.RandomBits op, Value keys) {
    Builder body = new Builder("randomBits").at(e.where());
    Value key = Terms.param(body, keys.type().with(keys.type().shape().range(1, 2)));
    Graph one = body.build(List.of(body.emit1(op, key)));
    return b.emit1(new Control.Scan(one, 0, 0, size, false), keys);
  }

  private static TensorType wide(Graph g, int param, int size) {
    TensorType one = g.params().get(param).type();
    try {
      return one.with(one.shape().insert(0, size));
    } catch (TypeException tooLarge) {
      throw new TypeException(
          "batch of @%s: parameter %d, %d of %s: %s"
              .formatted(g.name(), param, size, one, tooLarge.getMessage()),
          tooLarge);
    }
  }

  /**
   * A function over a batch.
   *
   * @param wide results that get the batch axis even when they do not depend on a batched parameter
   */
  public static Batched batched(
      Graph g, List<Boolean> batched, int size, BatchAxisAnalysis flags, List<Boolean> wide) {
    Builder b = new Builder(g.name() + "_batch");
    List<BatchedValue> args = new ArrayList<>();
    for (int i = 0; i < batched.size(); i++) {
      var p = g.params().get(i);
      args.add(
          batched.get(i)
              ? new BatchedValue(b.param(wide(g, i, size), p.role(), p.path()), true)
              : new BatchedValue(b.param(p), false));
    }
    BatchWalk batching = new BatchWalk(b, size, flags);
    List<BatchedValue> results = batching.run(g, args);
    List<Value> outs = new ArrayList<>();
    List<Boolean> outBatched = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      BatchedValue r = results.get(i);
      outs.add(wide.get(i) ? batching.widen(r) : r.value());
      outBatched.add(wide.get(i) || r.batched());
    }
    return new Batched(Dce.run(b.build(outs)), outBatched);
  }
}
