package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Adam (Kingma and Ba 2015):
 *
 * <pre>
 *   m = β₁ m + (1-β₁) g
 *   v = β₂ v + (1-β₂) g²
 *   w = w - rate · m/(1-β₁ᵗ) / (√(v/(1-β₂ᵗ)) + ε)
 * </pre>
 */
public final class Adam extends Optimizer {
  private final double rate;
  private final double beta1;
  private final double beta2;
  private final double epsilon;
  private final State count = other(HostTensor.of(new int[] {0}));
  private final Map<String, State> m = new LinkedHashMap<>();
  private final Map<String, State> v = new LinkedHashMap<>();

  /** β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  public Adam(double rate) {
    this(rate, 0.9, 0.999, 1e-8);
  }

  public Adam(double rate, double beta1, double beta2, double epsilon) {
    this.rate = rate;
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = epsilon;
  }

  @Override
  void registered(String path, State weight) {
    m.put(path, other(HostTensor.full(weight.type(), 0)));
    v.put(path, other(HostTensor.full(weight.type(), 0)));
  }

  @Override
  void beforeStep() {
    count.set(count.value().add(1));
  }

  @Override
  Tensor step(String path, Tensor w, Tensor g) {
    Tensor t = count.value().cast(w.dtype());
    State first = m.get(path);
    State second = v.get(path);
    first.set(first.value().mul(beta1).add(g.mul(1 - beta1)));
    second.set(second.value().mul(beta2).add(g.square().mul(1 - beta2)));
    Tensor mean = first.value().div(bias(beta1, t));
    Tensor deviation = second.value().div(bias(beta2, t)).sqrt();
    return w.sub(mean.div(deviation.add(epsilon)).mul(rate));
  }

  /** 1 - βᵗ */
  private static Tensor bias(double beta, Tensor t) {
    return t.like(beta).pow(t).neg().add(1);
  }
}
