package dev.engram.autodiff;

import dev.engram.ir.AxisOp;
import dev.engram.ir.Builder;
import dev.engram.ir.Cast;
import dev.engram.ir.Check;
import dev.engram.ir.Control;
import dev.engram.ir.Custom;
import dev.engram.ir.DType;
import dev.engram.ir.Dot;
import dev.engram.ir.Elementwise;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Index;
import dev.engram.ir.Move;
import dev.engram.ir.Notify;
import dev.engram.ir.Op;
import dev.engram.ir.Reduce;
import dev.engram.ir.Shape;
import dev.engram.ir.Source;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Walks a graph and writes its batched twin; the batch axis of a batched value is always axis 0.
 */
final class Batching {
  final Builder b;
  final int size;

  final BatchFlags flags;

  Batching(Builder b, int size, BatchFlags flags) {
    this.b = b;
    this.size = size;
    this.flags = flags;
  }

  List<Wide> run(Graph g, List<Wide> args) {
    Map<Value, Wide> env = new HashMap<>();
    for (int i = 0; i < args.size(); i++) {
      env.put(g.params().get(i).var(), args.get(i));
    }
    for (Eqn e : g.eqns()) {
      List<Wide> in = e.inputs().stream().map(v -> at(env, v)).toList();
      b.at(e.where());
      List<Wide> out =
          in.stream().anyMatch(Wide::batched) || flags.names(e.op())
              ? rule(e, in)
              : copy(e.op(), in);
      for (int i = 0; i < out.size(); i++) {
        env.put(e.outputs().get(i), out.get(i));
      }
    }
    return g.outs().stream().map(v -> at(env, v)).toList();
  }

  private static Wide at(Map<Value, Wide> env, Value v) {
    return v instanceof Var ? env.get(v) : Wide.shared(v);
  }

  private List<Wide> copy(Op op, List<Wide> in) {
    return b.emit(op, values(in)).stream().map(Wide::shared).toList();
  }

  static List<Value> values(List<Wide> in) {
    return in.stream().map(Wide::value).toList();
  }

  private List<Wide> rule(Eqn e, List<Wide> in) {
    return switch (e.op()) {
      case Elementwise op -> same(op, in);
      case Cast op -> same(op, in);
      case Check op -> same(op, in);
      case Notify op -> List.of(notice(e, op, in));
      case Reduce op -> same(new Reduce(op.kind(), shift(op.axes())), in);
      case Dot op -> List.of(dot(op, in.get(0), in.get(1)));
      case Move op -> List.of(new BatchMove(this).rule(op, in));
      case Index op -> List.of(new BatchIndex(this).rule(op, in));
      case Source op -> List.of(source(e, op, in));
      case Control op -> new BatchControl(this).rule(op, in);
      case AxisOp op when flags.overExamples(op) -> List.of(overExamples(op, in));
      case AxisOp op -> same(op, in);
      case Custom.Batchable op -> batchable(e, op, in);
      case Custom op -> run(flags.expansion(op, e), in);
    };
  }

  /** One notice for all examples: the order is theirs together. */
  private Wide notice(Eqn e, Notify op, List<Wide> in) {
    if (in.getFirst().batched()) {
      throw new AutodiffException(
          "%s (%s): its order differs between examples".formatted(op.mnemonic(), e.where()));
    }
    List<Value> operands = new ArrayList<>();
    operands.add(in.getFirst().value());
    in.subList(1, in.size()).forEach(w -> operands.add(widen(w)));
    return Wide.shared(b.emit1(op, operands.toArray(Value[]::new)));
  }

  private Wide overExamples(AxisOp op, List<Wide> in) {
    return switch (op) {
      case AxisOp.Sum _ when in.getFirst().batched() ->
          Wide.shared(b.emit1(new Reduce(Reduce.Kind.SUM, List.of(0)), in.getFirst().value()));
      case AxisOp.Sum _ -> Wide.shared(b.lift(tensor(in.getFirst().value()).mul(size)));
      case AxisOp.Position _ ->
          Wide.batched(b.emit1(new Source.Iota(new TensorType(DType.I32, Shape.of(size)), 0)));
    };
  }

  private List<Wide> batchable(Eqn e, Custom.Batchable op, List<Wide> in) {
    List<Tensor> wide = in.stream().<Tensor>map(w -> tensor(widen(w))).toList();
    List<Value> out = op.batch(wide, size).stream().map(b::lift).toList();
    List<TensorType> want =
        e.outputs().stream().map(v -> v.type().with(v.type().shape().insert(0, size))).toList();
    List<TensorType> got = out.stream().map(Value::type).toList();
    if (!got.equals(want)) {
      throw new AutodiffException(
          "%s: the rule batch of %s gives %s, expected %s (%s)"
              .formatted(op.mnemonic(), op.getClass().getName(), got, want, e.where()));
    }
    return out.stream().map(Wide::batched).toList();
  }

  /** The op at every example; shared operands are repeated only beside batched ones. */
  private List<Wide> same(Op op, List<Wide> in) {
    return b.emit(op, in.stream().map(this::widen).toList()).stream().map(Wide::batched).toList();
  }

  /** {@code w} with the batch axis. */
  Value widen(Wide w) {
    return w.batched()
        ? w.value()
        : Terms.spread(b, w.value(), w.value().type().shape().insert(0, size), List.of(0));
  }

  Tensor tensor(Value v) {
    return b.tracer(v);
  }

  Wide batched(Tensor t) {
    return Wide.batched(b.lift(t));
  }

  /** The type of one example. */
  static TensorType example(Wide w) {
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
  private Wide dot(Dot op, Wide l, Wide r) {
    if (l.batched() && r.batched()) {
      Dot both =
          new Dot(
              shift(op.lhsContract()),
              shift(op.rhsContract()),
              prepend(0, shift(op.lhsBatch())),
              prepend(0, shift(op.rhsBatch())));
      return Wide.batched(b.emit1(both, l.value(), r.value()));
    }
    int batch = op.lhsBatch().size();
    if (l.batched()) {
      Dot left =
          new Dot(shift(op.lhsContract()), op.rhsContract(), shift(op.lhsBatch()), op.rhsBatch());
      return Wide.batched(toFront(b.emit1(left, l.value(), r.value()), batch));
    }
    Dot right =
        new Dot(op.lhsContract(), shift(op.rhsContract()), op.lhsBatch(), shift(op.rhsBatch()));
    int at = batch + op.lhsFree(l.value().type().rank()).size();
    return Wide.batched(toFront(b.emit1(right, l.value(), r.value()), at));
  }

  private Wide source(Eqn e, Source op, List<Wide> in) {
    return switch (op) {
      case Source.RandomBits r -> Wide.batched(randomBits(e, r, in.getFirst().value()));
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
}
