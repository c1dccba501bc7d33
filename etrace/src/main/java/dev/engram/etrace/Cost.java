package dev.engram.etrace;

import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.checks.SaturatedCount;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import dev.engram.ir.passes.Pipeline;
import java.util.ArrayList;
import java.util.List;

/**
 * The cost of a step for one example.
 *
 * @param traceBytes memory that the rule carries from step to step
 * @param modelOperations arithmetic of the model's own step; a product and a sum count as two
 * @param traceOperations additional arithmetic for updating the traces
 * @param gradientOperations additional arithmetic for the rule's gradient of the step
 */
public record Cost(
    long traceBytes, long modelOperations, long traceOperations, long gradientOperations) {

  static Cost of(OnlineStep step) {
    Control.Derivative.Vjp rule = (Control.Derivative.Vjp) step.call().derivative();
    long model = operations(simple(step.step().graph()));
    long online = operations(simple(step.call().body()));
    long both = operations(simple(joined(rule)));
    long bytes = step.traces().stream().mapToLong(t -> t.type().bytes()).sum();
    return new Cost(bytes, model, online - model, both - online);
  }

  // Forward and backward in one graph, so that shared work counts once.
  private static Graph joined(Control.Derivative.Vjp rule) {
    Builder b = new Builder("joined");
    List<Value> args = new ArrayList<>();
    rule.forward().params().forEach(p -> args.add(b.param(p)));
    List<Value> outs = b.inline(rule.forward(), args);
    int residuals = rule.forward().params().size();
    int results = outs.size() - residuals;
    List<Value> back = new ArrayList<>(outs.subList(results, outs.size()));
    rule.backward()
        .params()
        .subList(residuals, rule.backward().params().size())
        .forEach(p -> back.add(b.param(p)));
    List<Value> all = new ArrayList<>(outs.subList(0, results));
    all.addAll(b.inline(rule.backward(), back));
    return b.build(all);
  }

  private static Graph simple(Graph g) {
    return Pipeline.standard().run(g);
  }

  private static long operations(Graph g) {
    return g.eqns().stream().mapToLong(Cost::operations).reduce(0, SaturatedCount::sum);
  }

  private static long operations(Eqn e) {
    return switch (e.op()) {
      case Elementwise _ -> e.outputs().getFirst().type().size();
      case Reduce _ -> e.in(0).type().size();
      case Dot d ->
          SaturatedCount.product(
              SaturatedCount.product(2, e.out().type().size()), contracted(d, e.in(0).type()));
      case Control.Scan s -> SaturatedCount.product(s.length(), operations(s.body()));
      // as often as it may run; once if there is no bound
      case Control.While w ->
          SaturatedCount.product(
              w.bound().orElse(1),
              SaturatedCount.sum(operations(w.condition()), operations(w.body())));
      case Control.Cond c -> Math.max(operations(c.onTrue()), operations(c.onFalse()));
      case Control.Call c -> operations(c.body());
      case Control.Transposed t -> operations(t.backward());
      case Cast _, Check _, HostEffect _, Move _, Index _, Source _, Custom _ -> 0;
    };
  }

  private static long contracted(Dot d, TensorType lhs) {
    return d.lhsContract().stream().mapToLong(a -> lhs.shape().dim(a)).reduce(1, (a, b) -> a * b);
  }

  @Override
  public String toString() {
    return "per example and step: "
        + traceBytes
        + " bytes of traces; "
        + modelOperations
        + " operations of the model, "
        + traceOperations
        + " of the traces, "
        + gradientOperations
        + " of the gradient";
  }
}
