package dev.engram.etrace.normalize;

import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.EffectTokens;
import dev.engram.ir.passes.GraphRewriter;
import dev.engram.ir.passes.rewrite.BothBranches;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes out the control flow that weights or hidden states pass through, so that traces can follow
 * them: plain calls, short scans, and conditionals as a choice between both branches' results. Long
 * scans stay, and the analysis names them.
 */
public final class UnrollControlFlow {
  /** A scan that would become more equations than this stays. */
  private static final int LONGEST = 4096;

  private final Builder b;
  private final GraphRewriter to;
  private final Set<Value> carrying = new HashSet<>();

  /** Weights, and functions of weights alone. */
  private final Set<Value> pure = new HashSet<>();

  private UnrollControlFlow(Builder b) {
    this.b = b;
    to = new GraphRewriter(b, (_, e, in) -> results(e, in));
  }

  public static Graph run(Graph g) {
    Builder b = new Builder(g.name());
    UnrollControlFlow u = new UnrollControlFlow(b);
    List<Value> params = new ArrayList<>();
    for (Param p : g.params()) {
      Var v = b.param(p);
      params.add(v);
      if ((p.role() == Role.WEIGHT || p.role() == Role.HIDDEN) && p.type().dtype().isFloat()) {
        u.carrying.add(v);
      }
      if (p.role() == Role.WEIGHT) {
        u.pure.add(v);
      }
    }
    return b.build(u.to.inline(g, params));
  }

  private List<? extends Value> results(Eqn e, List<Value> in) {
    boolean carries = in.stream().anyMatch(carrying::contains);
    return switch (e.op()) {
      case Control.Call call when call.derivative().isOfBody() -> to.inline(call.body(), in);
      case Control.Cond cond when carries -> choice(e, cond, in);
      case Control.Scan scan when carries && cost(scan.body()) * scan.length() <= LONGEST ->
          steps(e, scan, in);
      case Op _ -> {
        List<? extends Value> outs = to.keep(e);
        if (carries) {
          carrying.addAll(outs);
        }
        if (!in.isEmpty() && in.stream().allMatch(v -> v instanceof Lit || pure.contains(v))) {
          pure.addAll(outs);
        }
        yield outs;
      }
    };
  }

  private List<Value> choice(Eqn e, Control.Cond cond, List<Value> in) {
    List<Value> outs =
        new Choice(e).results(cond, EffectTokens.of(cond), in.getFirst(), in.subList(1, in.size()));
    carrying.addAll(outs);
    return outs;
  }

  /** What stands in the place of {@code cond}, at its line. */
  private final class Choice implements BothBranches<Value> {
    private final Eqn cond;

    Choice(Eqn cond) {
      this.cond = cond;
    }

    private Tensor tensor(Value v) {
      return b.at(cond.where()).tracer(v);
    }

    @Override
    public Value not(Value predicate) {
      return b.at(cond.where()).emit1(new Elementwise(Rows.NOT), predicate);
    }

    @Override
    public Value guarded(Value predicate, Value v, boolean when) {
      if (!carrying.contains(v) || pure.contains(v)) {
        return v;
      }
      Tensor x = tensor(v);
      Tensor which = tensor(predicate).broadcastTo(v.type().shape());
      Tensor still = x.stopGradient();
      Value out = b.lift(when ? which.select(x, still) : which.select(still, x));
      carrying.add(out);
      return out;
    }

    @Override
    public List<Value> run(Graph branch, List<Value> operands) {
      return to.inline(branch, operands);
    }

    @Override
    public Value choose(Value predicate, Value yes, Value no) {
      Tensor which = tensor(predicate).broadcastTo(yes.type().shape());
      return b.lift(which.select(tensor(yes), tensor(no)));
    }
  }

  private List<Value> steps(Eqn e, Control.Scan scan, List<Value> in) {
    int first = scan.consts() + scan.carry();
    List<Value> carries = new ArrayList<>(in.subList(scan.consts(), first));
    List<List<Value>> slices = new ArrayList<>();
    for (int i = 0; i < scan.length(); i++) {
      slices.add(List.of());
    }
    for (int i = 0; i < scan.length(); i++) {
      int at = scan.reverse() ? scan.length() - 1 - i : i;
      List<Value> args = new ArrayList<>(in.subList(0, scan.consts()));
      args.addAll(carries);
      b.at(e.where());
      for (Value xs : in.subList(first, in.size())) {
        Value slice = b.lift(b.tracer(xs).get(at));
        if (carrying.contains(xs)) {
          carrying.add(slice);
        }
        args.add(slice);
      }
      List<Value> outs = to.inline(scan.body(), args);
      carries = new ArrayList<>(outs.subList(0, scan.carry()));
      slices.set(at, outs.subList(scan.carry(), outs.size()));
    }
    List<Value> results = new ArrayList<>(carries);
    b.at(e.where());
    for (int i = 0; i < scan.ys(); i++) {
      results.add(stacked(scan, slices, i));
    }
    carrying.addAll(results);
    return results;
  }

  private Value stacked(Control.Scan scan, List<List<Value>> slices, int i) {
    if (scan.length() == 0) {
      var t = scan.body().outs().get(scan.carry() + i).type();
      return Lit.zero(t.with(t.shape().insert(0, 0)));
    }
    List<Tensor> parts = new ArrayList<>();
    for (List<Value> s : slices) {
      Shape shape = s.get(i).type().shape();
      parts.add(b.tracer(s.get(i)).reshape(shape.insert(0, 1)));
    }
    return b.lift(Tensor.concat(0, parts.toArray(Tensor[]::new)));
  }

  private static long cost(Graph g) {
    return g.eqns().stream().mapToLong(e -> cost(e.op())).sum();
  }

  private static long cost(Op op) {
    return switch (op) {
      case Control.Scan s -> Math.max(1, cost(s.body()) * s.length());
      case Control.Transposed _ -> 1;
      case Control c -> c.graphs().stream().mapToLong(UnrollControlFlow::cost).sum();
      case Op _ -> 1;
    };
  }
}
