package dev.engram.etrace.signal;

import dev.engram.autodiff.Vjp;
import dev.engram.etrace.ModelStep;
import dev.engram.etrace.analysis.Analysis;
import dev.engram.etrace.analysis.Flow;
import dev.engram.etrace.analysis.Site;
import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The step's own gradient of everything that has no trace, with the previous states held fixed.
 *
 * <p>Weights are detached at the sites that have a trace. If a path from such a site is not covered
 * by its hidden states, the cotangent of its signal is also computed.
 */
final class StepGradient {
  private final ModelStep step;
  private final Analysis analysis;
  private final Graph graph;

  /**
   * The operands for the parameters of {@link #graph} after the step's own: weight values, or
   * zeros.
   */
  private final List<Value> extra = new ArrayList<>();

  /** Index of the parameter whose cotangent is that of site k's signal. */
  private final Map<Integer, Integer> probes = new HashMap<>();

  private final Map<Integer, Tensor> signalCotangents = new HashMap<>();

  StepGradient(ModelStep step, Analysis analysis) {
    this.step = step;
    this.analysis = analysis;
    this.graph = detached();
  }

  private Graph detached() {
    Builder b = new Builder("own");
    Map<Value, Value> map = new HashMap<>();
    step.graph().params().forEach(p -> map.put(p.var(), b.param(p)));
    Sites sites = new Sites(b);
    for (Eqn e : step.graph().eqns()) {
      b.at(e.where());
      List<Value> in = sites.operands(e, map);
      List<Var> outs = b.emit(e.op(), in);
      for (int i = 0; i < outs.size(); i++) {
        map.put(e.outputs().get(i), outs.get(i));
      }
      sites.after(e, in, map);
    }
    return b.build(step.graph().outs().stream().map(v -> Builder.mapped(map, v)).toList());
  }

  /** Replaces weights at the sites that have a trace. */
  private final class Sites {
    private final Builder b;

    /** For each product's equation, its sites. */
    private final Map<Eqn, List<Integer>> products = new HashMap<>();

    /** For the last equation of a relabelled product, its site. */
    private final Map<Eqn, Integer> moved = new HashMap<>();

    /** Detached results of products, for the operand that begins a relabelling. */
    private final Map<Flow.Use, Value> detached = new HashMap<>();

    private final Map<Value, Value> direct = new HashMap<>();
    private final Map<Integer, Value> weights = new HashMap<>();
    private final Map<Integer, Value> zeros = new HashMap<>();

    Sites(Builder b) {
      this.b = b;
      for (int k = 0; k < analysis.traced.size(); k++) {
        Site site = analysis.traced.get(k).site();
        boolean rest = analysis.traced.get(k).walk().rest;
        Value w = b.param(site.weight().type(), Role.INPUT, "");
        extra.add(site.weight());
        if (site instanceof Site.Direct) {
          if (rest) {
            probes.put(k, b.params().size() - 1);
          }
          direct.put(site.weight(), w);
        } else {
          addProduct(k, site, w, rest);
        }
      }
    }

    private void addProduct(int k, Site site, Value w, boolean rest) {
      products.computeIfAbsent(site.eqn(), _ -> new ArrayList<>()).add(k);
      weights.put(k, w);
      if (site instanceof Site.Moved m) {
        moved.put(m.chain().getLast(), k);
      }
      if (rest) {
        probes.put(k, b.params().size());
        zeros.put(k, b.param(site.signal().type(), Role.INPUT, ""));
        extra.add(Lit.zero(site.signal().type()));
      }
    }

    List<Value> operands(Eqn e, Map<Value, Value> map) {
      boolean meetsData = e.outputs().stream().noneMatch(analysis.flow::isPure);
      List<Value> in = new ArrayList<>();
      for (int i = 0; i < e.inputs().size(); i++) {
        Value v = e.in(i);
        Flow.Use use = new Flow.Use(e, i);
        boolean weightSide = analysis.flow.isWeightOperand(use);
        if (detached.containsKey(use)) {
          in.add(detached.get(use));
        } else if (weightSide && base(e).isPresent()) {
          in.add(weights.get(base(e).get()));
        } else if (meetsData && !weightSide && direct.containsKey(v)) {
          in.add(direct.get(v));
        } else {
          in.add(Builder.mapped(map, v));
        }
      }
      return in;
    }

    private Optional<Integer> base(Eqn e) {
      return products.getOrDefault(e, List.of()).stream()
          .filter(k -> !(analysis.traced.get(k).site() instanceof Site.Moved))
          .findFirst();
    }

    /**
     * Adds the parameters that measure cotangents, and the detached products that relabelling
     * begins with.
     */
    void after(Eqn e, List<Value> in, Map<Value, Value> map) {
      base(e).ifPresent(k -> probe(k, e, map));
      if (moved.containsKey(e)) {
        probe(moved.get(e), e, map);
      }
      for (int k : products.getOrDefault(e, List.of())) {
        if (analysis.traced.get(k).site() instanceof Site.Moved m) {
          List<Value> own = new ArrayList<>();
          for (int i = 0; i < in.size(); i++) {
            boolean weight = analysis.flow.isWeightOperand(new Flow.Use(e, i));
            own.add(weight ? weights.get(k) : in.get(i));
          }
          detached.put(new Flow.Use(m.chain().getFirst(), 0), b.emit(e.op(), own).getFirst());
        }
      }
    }

    private void probe(int k, Eqn e, Map<Value, Value> map) {
      if (zeros.containsKey(k)) {
        Value y = map.get(e.out());
        map.put(e.out(), b.emit1(new Elementwise(Rows.ADD), y, zeros.get(k)));
      }
    }
  }

  /** Returns the cotangents of inputs and weights along untraced paths. */
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

  /** Returns ∂ℓ/∂y_k; call after {@link #gradients}. */
  Tensor signalCotangent(int k) {
    return signalCotangents.get(k);
  }
}
