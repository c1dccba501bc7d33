package dev.engram.etrace.signal;

import dev.engram.etrace.analysis.Site;
import dev.engram.ir.Tensor;
import dev.engram.ir.Var;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Accumulates gradients, of weights and of the weight values at sites. */
public final class GradientSums {
  private final Map<Integer, Tensor> sites = new TreeMap<>();
  private final Map<Var, Tensor> weights;

  /**
   * @param weights the gradients to start with
   */
  public GradientSums(Map<Var, Tensor> weights) {
    this.weights = new LinkedHashMap<>(weights);
  }

  /** Adds to the gradient of the weight value at site {@code k}. */
  public void addSite(int k, Tensor g) {
    sites.merge(k, g, Tensor::add);
  }

  public void addWeight(Var w, Tensor g) {
    weights.merge(w, g, Tensor::add);
  }

  /** Returns the sums by weight. */
  public Map<Var, Tensor> finish(StepCopy copy) {
    sites.forEach(
        (k, g) -> {
          Site site = copy.map.sites.get(k).site();
          copy.b.at(site.where());
          WeightChain.add(copy.map.analysis.flow, site.weight(), g, copy.b, copy.values, weights);
        });
    sites.clear();
    return weights;
  }
}
