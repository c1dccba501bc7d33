package dev.engram.etrace;

import dev.engram.autodiff.Vjp;
import dev.engram.ir.Builder;
import dev.engram.ir.Elementwise;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Rows;
import dev.engram.ir.Tensor;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The step's own gradient, the previous states held fixed, of everything that has no trace.
 *
 * <p>Weights are detached at the sites that have a trace; where some path from such a site is not
 * covered by its hidden states, the cotangent of its signal is taken too.
 */
final class Instantaneous {
  private final ModelStep step;
  private final Analysis analysis;
  private final Graph graph;

  /**
   * What the parameters of {@link #graph} after the step's own stand for: weight values, or zeros.
   */
  private final List<Value> extra = new ArrayList<>();

  /** Position among all parameters of the one that measures the cotangent of site k's signal. */
  private final Map<Integer, Integer> probes = new HashMap<>();

  private final Map<Integer, Tensor> signalCotangents = new HashMap<>();

  Instantaneous(ModelStep step, Analysis analysis) {
    this.step = step;
    this.analysis = analysis;
    this.graph = detached();
  }

  private Graph detached() {
    Builder b = new Builder("own");
    Map<Value, Value> map = new HashMap<>();
    step.graph().params().forEach(p -> map.put(p.var(), b.param(p)));
    Map<Eqn, Integer> contracts = new HashMap<>();
    Map<Value, Value> direct = new HashMap<>();
    Map<Integer, Value> weights = new HashMap<>();
    Map<Integer, Value> zeros = new HashMap<>();
    for (int k = 0; k < analysis.traced.size(); k++) {
      Site site = analysis.traced.get(k).site();
      boolean rest = analysis.traced.get(k).walk().rest;
      Value w = b.param(site.weight().type(), Role.INPUT, "");
      extra.add(site.weight());
      switch (site) {
        case Site.Contract c -> {
          contracts.put(c.eqn(), k);
          weights.put(k, w);
          if (rest) {
            probes.put(k, b.params().size());
            zeros.put(k, b.param(c.signal().type(), Role.INPUT, ""));
            extra.add(Lit.zero(c.signal().type()));
          }
        }
        case Site.Direct d -> {
          if (rest) {
            probes.put(k, b.params().size() - 1);
          }
          direct.put(d.weight(), w);
        }
      }
    }
    for (Eqn e : step.graph().eqns()) {
      b.at(e.where());
      Integer k = contracts.get(e);
      boolean meetsData = e.outputs().stream().noneMatch(analysis.flow::isPure);
      List<Value> in = new ArrayList<>();
      for (int i = 0; i < e.inputs().size(); i++) {
        Value v = e.in(i);
        boolean weightSide = analysis.flow.isWeightOperand(new Flow.Use(e, i));
        if (k != null && weightSide) {
          in.add(weights.get(k));
        } else if (meetsData && !weightSide && direct.containsKey(v)) {
          in.add(direct.get(v));
        } else {
          in.add(Builder.mapped(map, v));
        }
      }
      List<Var> outs = b.emit(e.op(), in);
      for (int i = 0; i < outs.size(); i++) {
        map.put(e.outputs().get(i), outs.get(i));
      }
      if (k != null && zeros.containsKey(k)) {
        map.put(e.out(), b.emit1(new Elementwise(Rows.ADD), outs.getFirst(), zeros.get(k)));
      }
    }
    return b.build(step.graph().outs().stream().map(v -> Builder.mapped(map, v)).toList());
  }

  /** The cotangents of inputs and weights that some untraced path gives. */
  Map<Var, Tensor> gradients(Builder b, Map<Value, Value> map, List<Value> cotangents) {
    List<Param> own = step.graph().params();
    List<Boolean> wrt = new ArrayList<>(Collections.nCopies(graph.params().size(), false));
    List<Integer> asked = new ArrayList<>();
    for (int i = 0; i < graph.params().size(); i++) {
      Param p = graph.params().get(i);
      boolean wanted =
          i < own.size()
              ? (p.role() == Role.INPUT || p.role() == Role.WEIGHT)
                  && p.type().dtype().isFloat()
                  && isUsed(p.var())
              : probes.containsValue(i);
      if (wanted) {
        wrt.set(i, true);
        asked.add(i);
      }
    }
    List<Value> args = new ArrayList<>();
    own.forEach(p -> args.add(Builder.mapped(map, p.var())));
    extra.forEach(v -> args.add(Builder.mapped(map, v)));
    args.addAll(cotangents);
    List<Value> outs = b.inline(Vjp.of(graph, wrt), args);
    Map<Var, Tensor> found = new LinkedHashMap<>();
    for (int i = 0; i < asked.size(); i++) {
      int param = asked.get(i);
      Tensor g = b.tracer(outs.get(graph.outs().size() + i));
      if (param < own.size()) {
        found.put(own.get(param).var(), g);
      } else {
        probes.forEach(
            (k, at) -> {
              if (at == param) {
                signalCotangents.put(k, g);
              }
            });
      }
    }
    return found;
  }

  private boolean isUsed(Var v) {
    return graph.outs().contains(v) || graph.eqns().stream().anyMatch(e -> e.inputs().contains(v));
  }

  /** ∂ℓ/∂y_k, after {@link #gradients}. */
  Tensor signalCotangent(int k) {
    return signalCotangents.get(k);
  }
}
