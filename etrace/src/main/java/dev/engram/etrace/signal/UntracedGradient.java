package dev.engram.etrace.signal;

import dev.engram.autodiff.Vjp;
import dev.engram.etrace.analysis.SiteMap;
import dev.engram.etrace.analysis.StepGraphs;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The part of the step's own gradient that no trace carries, with the previous states held fixed.
 */
public sealed interface UntracedGradient {

  /** True when {@link #gradients} needs the learning signals. */
  boolean needsSignals();

  /**
   * Returns the gradients of inputs and weights.
   *
   * @param signals the loss's own derivative with respect to hidden states, if needed
   */
  GradientSums gradients(StepCopy copy, List<Value> cotangents, Map<Integer, Tensor> signals);

  /**
   * For traces that follow sites: {@code x ⊗ (∂ℓ/∂y - Σ_s L[s] f[k,s])}, and everything without a
   * site.
   */
  record OfSites(SiteMap map) implements UntracedGradient {
    @Override
    public boolean needsSignals() {
      return map.sites.stream().anyMatch(l -> l.walk().rest);
    }

    @Override
    public GradientSums gradients(
        StepCopy copy, List<Value> cotangents, Map<Integer, Tensor> signals) {
      StepGradient own = new StepGradient(map.step, map.analysis);
      GradientSums gradients = new GradientSums(own.gradients(copy.b, copy.values, cotangents));
      for (int k = 0; k < map.sites.size(); k++) {
        SiteMap.Located l = map.sites.get(k);
        if (l.walk().rest) {
          copy.b.at(l.site().where());
          Tensor left = own.signalCotangent(k);
          for (int s : l.reached()) {
            left = left.sub(signals.get(s).mul(copy.local(s, l.site().signal()).orElseThrow()));
          }
          gradients.addSite(k, l.site().pullback(copy, left));
        }
      }
      return gradients;
    }
  }

  /** For traces that follow all paths to all hidden states: the gradient with those held fixed. */
  record OfWeights(SiteMap map) implements UntracedGradient {
    @Override
    public boolean needsSignals() {
      return false;
    }

    @Override
    public GradientSums gradients(
        StepCopy copy, List<Value> cotangents, Map<Integer, Tensor> signals) {
      Map<Var, Tensor> found = new LinkedHashMap<>();
      List<Var> followed = map.analysis.temporalWeights();
      Predicate<Param> others =
          p -> p.role() == Role.INPUT || (p.role() == Role.WEIGHT && !followed.contains(p.var()));
      pull(copy, map.step.graph(), others, List.of(), cotangents, found);
      List<Integer> hidden = map.step.hidden();
      List<Value> fresh = hidden.stream().map(s -> copy.value(map.newState(s))).toList();
      Graph after = StepGraphs.afterStates(map.step, hidden);
      pull(copy, after, p -> followed.contains(p.var()), fresh, cotangents, found);
      return new GradientSums(found);
    }

    private static void pull(
        StepCopy copy,
        Graph g,
        Predicate<Param> which,
        List<Value> extra,
        List<Value> cotangents,
        Map<Var, Tensor> found) {
      List<Param> own = copy.map.step.graph().params();
      List<Boolean> wrt = new ArrayList<>();
      own.forEach(p -> wrt.add(which.test(p) && p.type().dtype().isFloat()));
      wrt.addAll(Collections.nCopies(extra.size(), false));
      List<Value> args = new ArrayList<>(copy.parameters());
      args.addAll(extra);
      args.addAll(cotangents);
      List<Value> outs = copy.b.inline(Vjp.of(g, wrt), args);
      int next = g.outs().size();
      for (int i = 0; i < own.size(); i++) {
        if (wrt.get(i)) {
          found.put(own.get(i).var(), copy.b.tracer(outs.get(next++)));
        }
      }
    }
  }
}
