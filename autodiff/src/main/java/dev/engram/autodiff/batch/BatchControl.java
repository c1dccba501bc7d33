package dev.engram.autodiff.batch;

import dev.engram.autodiff.Batched;
import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.EffectTokens;
import dev.engram.ir.passes.rewrite.BothBranches;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Loops, branches and calls over a batch: their graphs are batched. */
record BatchControl(BatchWalk batching) {

  List<BatchedValue> rule(Control op, List<BatchedValue> in) {
    return switch (op) {
      case Control.Scan s -> scan(s, in);
      case Control.While w -> loop(w, in);
      case Control.Cond c -> cond(c, in);
      case Control.Call c -> call(c, in);
      case Control.Transposed t -> transposed(t, in);
    };
  }

  private Batched inner(Graph g, List<Boolean> batched, List<Boolean> wide) {
    return BatchWalk.batched(g, batched, batching.size, batching.flags, wide);
  }

  private List<BatchedValue> emit(Control op, List<Value> in, List<Boolean> batched) {
    List<Var> outs = batching.b.emit(op, in);
    return IntStream.range(0, outs.size())
        .mapToObj(i -> new BatchedValue(outs.get(i), batched.get(i)))
        .toList();
  }

  private static List<Boolean> none(int n) {
    return Collections.nCopies(n, false);
  }

  private List<BatchedValue> scan(Control.Scan op, List<BatchedValue> in) {
    int outs = op.body().outs().size();
    List<Boolean> batched = batching.flags.params(op, BatchedValue.flags(in));
    List<Boolean> carries =
        IntStream.range(0, outs)
            .mapToObj(i -> i < op.carry() && batched.get(op.consts() + i))
            .toList();
    Batched body = inner(op.body(), batched, carries);
    List<Value> args = new ArrayList<>();
    for (int i = 0; i < in.size(); i++) {
      boolean isSlice = i >= op.consts() + op.carry();
      BatchedValue w = in.get(i);
      args.add(
          isSlice && w.batched()
              ? batching.b.lift(batching.tensor(w.value()).moveAxis(0, 1))
              : batched.get(i) ? batching.widen(w) : w.value());
    }
    Control.Scan loop =
        new Control.Scan(body.graph(), op.consts(), op.carry(), op.length(), op.reverse());
    List<BatchedValue> results = new ArrayList<>(emit(loop, args, body.outBatched()));
    for (int i = op.carry(); i < outs; i++) {
      if (body.outBatched().get(i)) {
        results.set(i, batching.batched(batching.tensor(results.get(i).value()).moveAxis(1, 0)));
      }
    }
    return results;
  }

  private List<BatchedValue> loop(Control.While op, List<BatchedValue> in) {
    List<Boolean> batched = batching.flags.loop(op, BatchedValue.flags(in));
    boolean each = batching.flags.stopsEach(op, batched);
    List<Boolean> carries = List.copyOf(batched.subList(op.consts(), batched.size()));
    Graph condition = inner(op.condition(), batched, none(1)).graph();
    EffectTokens notices = batching.flags.notices(op);
    boolean tells = each && !notices.isEmpty();
    List<Boolean> flags = new ArrayList<>(batched);
    if (tells) {
      flags.add(true);
    }
    Graph body =
        inner(tells ? EffectTokens.masked(op.body(), in.size()) : op.body(), flags, carries)
            .graph();
    Control.While loop =
        each
            ? op.with(
                anyExample(condition),
                whereItHolds(op, condition, body, batched, notices),
                op.consts())
            : op.with(condition, body, op.consts());
    List<Value> args =
        IntStream.range(0, in.size())
            .mapToObj(i -> batched.get(i) ? batching.widen(in.get(i)) : in.get(i).value())
            .toList();
    return emit(loop, args, carries);
  }

  private static Graph anyExample(Graph condition) {
    Builder b = new Builder(condition.name());
    Value each = b.inline(condition, Terms.params(b, condition)).getFirst();
    return b.build(List.of(b.emit1(new Reduce(Reduce.Kind.ANY, List.of(0)), each)));
  }

  /** The step of the examples whose condition holds; the others keep their carries. */
  private static Graph whereItHolds(
      Control.While op, Graph condition, Graph body, List<Boolean> batched, EffectTokens notices) {
    Builder b = new Builder(body.name());
    List<Value> args = Terms.params(b, condition);
    Value holds = b.inline(condition, args).getFirst();
    List<Value> step = new ArrayList<>();
    for (int i = 0; i < args.size(); i++) {
      Value v = args.get(i);
      step.add(batched.get(i) && Terms.isFloat(v) ? guarded(b, holds, v) : v);
    }
    if (!notices.isEmpty()) {
      step.add(holds);
    }
    List<Value> next = b.inline(body, step);
    List<Value> outs = new ArrayList<>();
    for (int i = 0; i < next.size(); i++) {
      Value now = args.get(op.consts() + i);
      outs.add(notices.isOrder(i) ? next.get(i) : choose(b, holds, next.get(i), now));
    }
    return b.build(outs);
  }

  /** Example by example {@code a} or {@code c}. */
  private static Value choose(Builder b, Value predicate, Value a, Value c) {
    List<Integer> inner = IntStream.range(1, a.type().rank()).boxed().toList();
    Value p = Terms.spread(b, predicate, a.type().shape(), inner);
    return Terms.row(b, Rows.SELECT, p, a, c);
  }

  private List<BatchedValue> cond(Control.Cond op, List<BatchedValue> in) {
    List<BatchedValue> args = in.subList(1, in.size());
    if (in.getFirst().batched()) {
      Value other = Terms.row(batching.b, Rows.NOT, in.getFirst().value());
      return new EachExample(batching, other)
          .results(op, batching.flags.notices(op), in.getFirst(), args);
    }
    List<Boolean> flags = BatchedValue.flags(args);
    List<Boolean> out = batching.flags.branches(op, flags);
    Graph onTrue = inner(op.onTrue(), flags, out).graph();
    Graph onFalse = inner(op.onFalse(), flags, out).graph();
    return emit(new Control.Cond(onTrue, onFalse), BatchWalk.values(in), out);
  }

  /** Both branches, whose examples take the one or the other. */
  private record EachExample(BatchWalk batching, Value other)
      implements BothBranches<BatchedValue> {

    @Override
    public BatchedValue not(BatchedValue predicate) {
      return BatchedValue.batched(other);
    }

    // What all examples share is not guarded: that would make a copy of a weight for each example.
    @Override
    public BatchedValue guarded(BatchedValue predicate, BatchedValue v, boolean when) {
      return v.batched() && Terms.isFloat(v.value())
          ? BatchedValue.batched(
              BatchControl.guarded(batching.b, when ? predicate.value() : other, v.value()))
          : v;
    }

    @Override
    public List<BatchedValue> run(Graph branch, List<BatchedValue> operands) {
      return batching.run(branch, operands);
    }

    @Override
    public BatchedValue choose(BatchedValue predicate, BatchedValue yes, BatchedValue no) {
      Value a = batching.widen(yes);
      Value c = batching.widen(no);
      return BatchedValue.batched(BatchControl.choose(batching.b, predicate.value(), a, c));
    }
  }

  private static Value guarded(Builder b, Value taken, Value v) {
    return choose(b, taken, v, Terms.row(b, Rows.STOP_GRADIENT, v));
  }

  private List<BatchedValue> call(Control.Call op, List<BatchedValue> in) {
    List<Boolean> flags = BatchedValue.flags(in);
    BatchAxisAnalysis.Call wide = batching.flags.call(op, flags);
    Control.Derivative derivative =
        switch (op.derivative()) {
          case Control.Derivative.Plain plain -> plain;
          case Control.Derivative.Remat remat -> remat;
          case Control.Derivative.Jvp jvp ->
              new Control.Derivative.Jvp(
                  inner(jvp.rule(), BatchAxisAnalysis.withTangents(op, flags), wide.rule())
                      .graph());
          case Control.Derivative.Vjp vjp -> vjp(op, vjp, flags, wide);
        };
    Graph body = inner(op.body(), flags, wide.results()).graph();
    return emit(new Control.Call(body, derivative), BatchWalk.values(in), wide.results());
  }

  private Control.Derivative vjp(
      Control.Call op, Control.Derivative.Vjp vjp, List<Boolean> in, BatchAxisAnalysis.Call wide) {
    int m = wide.results().size();
    Batched forward = inner(vjp.forward(), in, wide.rule());
    List<Boolean> backwardIn =
        new ArrayList<>(forward.outBatched().subList(m, forward.outBatched().size()));
    for (int i = 0; i < m; i++) {
      if (Terms.isFloat(op.body().outs().get(i))) {
        backwardIn.add(wide.results().get(i));
      }
    }
    List<Boolean> operands =
        IntStream.range(0, in.size())
            .filter(i -> Terms.isFloat(op.body().params().get(i).var()))
            .mapToObj(in::get)
            .toList();
    return new Control.Derivative.Vjp(
        forward.graph(), backward(vjp.backward(), backwardIn, operands));
  }

  private List<BatchedValue> transposed(Control.Transposed op, List<BatchedValue> in) {
    List<Boolean> flags = BatchedValue.flags(in);
    List<Boolean> backwardIn = new ArrayList<>(flags.subList(0, op.residuals()));
    int results = op.backward().params().size() - op.residuals();
    backwardIn.addAll(Collections.nCopies(results, true));
    Graph backward =
        backward(op.backward(), backwardIn, flags.subList(op.residuals(), flags.size()));
    return emit(
        new Control.Transposed(backward, op.residuals()),
        BatchWalk.values(in),
        Collections.nCopies(results, true));
  }

  /**
   * A batched backward graph: the cotangent of an operand that all examples share is the sum of
   * theirs.
   *
   * @param operands which operands are batched
   */
  private Graph backward(Graph g, List<Boolean> batched, List<Boolean> operands) {
    Batched wide = inner(g, batched, operands);
    Builder b = new Builder(wide.graph().name());
    List<Value> outs = new ArrayList<>(b.inline(wide.graph(), Terms.params(b, wide.graph())));
    for (int i = 0; i < outs.size(); i++) {
      if (wide.outBatched().get(i) && !operands.get(i)) {
        outs.set(i, b.emit1(new Reduce(Reduce.Kind.SUM, List.of(0)), outs.get(i)));
      }
    }
    return b.build(outs);
  }
}
