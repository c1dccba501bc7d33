package dev.engram.etrace.normalize;

import dev.engram.etrace.ModelStep;
import dev.engram.etrace.analysis.Flow;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.dataflow.Reachability;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.passes.Dce;
import dev.engram.ir.passes.GraphRewriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Moves the relabelling of positions in a hidden state's tail back to where the tail begins: {@code
 * tanh(roll(y))} from {@code roll(tanh(y))}, and a choice among its operands from a concat. Behind
 * the sites' results the tail then keeps positions, which is what traces can follow.
 */
public final class SinkRelabelling {
  private final Flow flow;
  private final Set<Value> carrying;
  private final Set<Value> hiddenOuts = new HashSet<>();

  /** Those of them whose tails relabel. */
  private final Set<Value> moved = new HashSet<>();

  private final Builder b;
  private final GraphRewriter to;
  private final Map<Value, Map<Relabelling, Value>> settled = new HashMap<>();

  private SinkRelabelling(ModelStep step, Flow flow) {
    this.flow = flow;
    b = new Builder(step.graph().name());
    to = new GraphRewriter(b, (_, e, _) -> results(e));
    List<Value> followed = new ArrayList<>();
    for (Param p : step.graph().params()) {
      boolean follows = p.role() == Role.WEIGHT || p.role() == Role.HIDDEN;
      if (follows && p.type().dtype().isFloat()) {
        followed.add(p.var());
      }
    }
    carrying = Reachability.forward(step.graph().eqns(), followed, Flow::carried);
    for (int s : step.hidden()) {
      hiddenOuts.add(step.graph().outs().get(step.results() + s));
    }
  }

  public static ModelStep run(ModelStep step) {
    SinkRelabelling s = new SinkRelabelling(step, new Flow(step.graph()));
    s.hiddenOuts.stream().filter(v -> s.relabels(v, new HashSet<>())).forEach(s.moved::add);
    if (s.moved.isEmpty()) {
      return step;
    }
    Graph g = step.graph();
    List<Value> params = g.params().stream().<Value>map(s.b::param).toList();
    Graph sunk = s.b.build(s.to.inline(g, params));
    return new ModelStep(Dce.run(sunk), step.results(), step.states());
  }

  private List<? extends Value> results(Eqn e) {
    return e.outputs().stream().anyMatch(moved::contains)
        ? List.of(tail(e.out(), Relabelling.NONE, true))
        : to.keep(e);
  }

  /** True when something that traces follow is relabelled between a tail's beginning and v. */
  private boolean relabels(Value v, Set<Value> seen) {
    if (!(v instanceof Var x) || !seen.add(v) || !carrying.contains(v)) {
      return false;
    }
    Eqn e = flow.definition(x);
    if (e == null || (seen.size() > 1 && hiddenOuts.contains(v))) {
      return false;
    }
    if (isElementwise(e)) {
      return e.inputs().stream().anyMatch(i -> relabels(i, seen));
    }
    return (e.op() instanceof Move.Concat || Relabelling.step(flow, e).isPresent())
        && e.inputs().stream().anyMatch(carrying::contains);
  }

  private static boolean isElementwise(Eqn e) {
    boolean oneShape =
        e.inputs().stream()
            .allMatch(i -> i.type().shape().equals(e.outputs().getFirst().type().shape()));
    return e.outputs().size() == 1
        && oneShape
        && (e.op() instanceof Elementwise || e.op() instanceof Cast);
  }

  /** {@code v}, relabelled. */
  private Value tail(Value v, Relabelling relabel, boolean start) {
    if (v instanceof Lit lit) {
      Tensor moved =
          relabel.apply(
              HostTensor.full(TensorType.of(lit.type().dtype()), 0)
                  .broadcastTo(lit.type().shape()));
      return new Lit(lit.type().with(moved.shape()), lit.bits());
    }
    Map<Relabelling, Value> known = settled.computeIfAbsent(v, _ -> new HashMap<>());
    Value found = known.get(relabel);
    if (found == null) {
      found = settle((Var) v, relabel, start);
      known.put(relabel, found);
    }
    return found;
  }

  private Value settle(Var v, Relabelling relabel, boolean start) {
    Eqn e = flow.definition(v);
    boolean leaf = e == null || !carrying.contains(v) || (!start && hiddenOuts.contains(v));
    if (!leaf && isElementwise(e)) {
      List<Value> in = e.inputs().stream().map(i -> tail(i, relabel, false)).toList();
      return to.emit(e, e.op(), in).getFirst();
    }
    if (!leaf && e.op() instanceof Move.Concat concat) {
      return choice(e, concat, relabel);
    }
    Optional<Relabelling.Step> step = leaf ? Optional.empty() : Relabelling.step(flow, e);
    if (step.isPresent()) {
      return tail(e.in(0), relabel.after(step.get()), false);
    }
    Value own = start ? to.keep(e).getFirst() : to.mapped(v);
    if (relabel.isIdentity(v.type())) {
      return own;
    }
    if (e != null) {
      b.at(e.where());
    }
    return b.lift(relabel.apply(b.tracer(own)));
  }

  // Each operand spread over the whole result, and a fixed choice among them.
  private Value choice(Eqn e, Move.Concat concat, Relabelling relabel) {
    Shape whole = e.out().type().shape();
    int n = whole.dim(concat.axis());
    Value out = null;
    int from = 0;
    for (Value part : e.inputs()) {
      int first = from;
      int last = from + part.type().shape().dim(concat.axis()) - 1;
      int[] index = IntStream.range(0, n).map(i -> Math.clamp(i, first, last) - first).toArray();
      boolean[] mine = new boolean[n];
      for (int i = first; i <= last; i++) {
        mine[i] = true;
      }
      HostTensor mask = mask(mine, whole, concat.axis(), relabel);
      long count = count(mask);
      if (count > 0) {
        Op gather = new Index.Gather(concat.axis(), 0);
        Relabelling.Step spread =
            new Relabelling.Step(gather, Optional.of(HostTensor.of(index, index.length)));
        Relabelling there =
            first == 0 && last == n - 1 ? relabel : narrowed(relabel, spread, concat, first, part);
        Value moved = tail(part, there, false);
        if (count == mask.type().size()) {
          return moved;
        }
        b.at(e.where());
        out =
            out == null
                ? moved
                : b.lift(b.tracer(b.lift(mask)).select(b.tracer(moved), b.tracer(out)));
      }
      from = last + 1;
    }
    return out == null ? Lit.zero(e.out().type()) : out;
  }

  // A slice that lies within one operand is a slice of it.
  private static Relabelling narrowed(
      Relabelling relabel, Relabelling.Step spread, Move.Concat concat, int first, Value part) {
    if (!relabel.ops().isEmpty()
        && relabel.ops().getFirst().op() instanceof Move.Slice s
        && s.start().get(concat.axis()) >= first
        && s.limit().get(concat.axis()) <= first + part.type().shape().dim(concat.axis())) {
      List<Integer> start = new ArrayList<>(s.start());
      List<Integer> limit = new ArrayList<>(s.limit());
      start.set(concat.axis(), start.get(concat.axis()) - first);
      limit.set(concat.axis(), limit.get(concat.axis()) - first);
      List<Relabelling.Step> ops = new ArrayList<>(relabel.ops());
      ops.set(0, new Relabelling.Step(new Move.Slice(start, limit, s.stride()), Optional.empty()));
      return new Relabelling(ops);
    }
    return relabel.after(spread);
  }

  private static HostTensor mask(boolean[] mine, Shape whole, int axis, Relabelling relabel) {
    int[] ones = new int[mine.length];
    for (int i = 0; i < ones.length; i++) {
      ones[i] = mine[i] ? 1 : 0;
    }
    Tensor line = HostTensor.of(ones, ones.length);
    Op spread = new Move.Broadcast(whole, List.of(axis));
    Tensor all = Tensor.apply(spread, List.of(line)).getFirst();
    return relabel.apply(all).ne(HostTensor.of(new int[] {0})).host();
  }

  private static long count(HostTensor mask) {
    return IntStream.range(0, FlatLength.of(mask.type()))
        .filter(i -> mask.getDouble(i) != 0)
        .count();
  }
}
