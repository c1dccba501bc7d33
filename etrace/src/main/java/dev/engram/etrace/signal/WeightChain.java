package dev.engram.etrace.signal;

import dev.engram.autodiff.Vjp;
import dev.engram.etrace.analysis.Flow;
import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** From the gradient of a value made of weights alone to the gradients of the weights. */
final class WeightChain {
  private WeightChain() {}

  /** Adds to {@code gradients} what the gradient {@code g} of {@code value} gives its weights. */
  static void add(
      Flow flow,
      Value value,
      Tensor g,
      Builder b,
      Map<Value, Value> map,
      Map<Var, Tensor> gradients) {
    List<Var> weights = flow.weightsOf(value).stream().toList();
    if (weights.contains(value)) {
      gradients.merge((Var) value, g, Tensor::add);
      return;
    }
    Graph made = made(flow, (Var) value, weights);
    List<Value> args = new ArrayList<>();
    weights.forEach(w -> args.add(Builder.mapped(map, w)));
    args.add(b.lift(g));
    List<Value> outs = b.inline(Vjp.of(made, Collections.nCopies(weights.size(), true)), args);
    for (int i = 0; i < weights.size(); i++) {
      gradients.merge(weights.get(i), b.tracer(outs.get(i + 1)), Tensor::add);
    }
  }

  private static Graph made(Flow flow, Var value, List<Var> weights) {
    Builder b = new Builder("made");
    Map<Value, Value> map = new HashMap<>();
    weights.forEach(w -> map.put(w, b.param(w.type(), Role.WEIGHT, "")));
    flow.making(value, _ -> true).forEach(e -> b.copy(e, map));
    return b.build(List.of(Builder.mapped(map, value)));
  }
}
