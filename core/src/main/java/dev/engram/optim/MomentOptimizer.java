package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Ranges;
import java.util.LinkedHashMap;
import java.util.Map;

/** Optimizers with two moments of each weight: a mean m of gradients, and a measure v of size. */
abstract class MomentOptimizer extends Optimizer {
  final double beta1;
  final double beta2;
  final double epsilon;
  private final Map<String, State> m = new LinkedHashMap<>();
  private final Map<String, State> v = new LinkedHashMap<>();

  MomentOptimizer(
      String name, LearningRate rate, double beta1, double beta2, double epsilon, double decay) {
    super(rate, decay);
    this.beta1 = Ranges.kept(name, "beta1", beta1);
    this.beta2 = Ranges.kept(name, "beta2", beta2);
    this.epsilon = Ranges.epsilon(name, epsilon);
  }

  /** What both moments start at. */
  double start() {
    return 0;
  }

  @Override
  protected void registered(String path, State weight) {
    m.put(path, moment(weight, start()));
    v.put(path, moment(weight, start()));
  }

  /** Sets {@code m = β₁ m + (1-β₁) g} and returns it. */
  final Tensor mean(String path, Tensor g) {
    State mean = m.get(path);
    mean.set(mean.value().mul(beta1).add(g.mul(1 - beta1)));
    return mean.value();
  }

  /** Sets {@code v = β₂ v + (1-β₂) x} and returns it. */
  final Tensor size(String path, Tensor x) {
    State size = v.get(path);
    size.set(size.value().mul(beta2).add(x.mul(1 - beta2)));
    return size.value();
  }

  final State size(String path) {
    return v.get(path);
  }

  /** {@code m / (1-β₁ᵗ)} */
  final Tensor unbiasedMean(Tensor mean) {
    return mean.div(bias(beta1, updates(mean)));
  }

  /** {@code v / (1-β₂ᵗ)} */
  final Tensor unbiasedSize(Tensor size) {
    return size.div(bias(beta2, updates(size)));
  }

  /** {@code m / (√v + ε)} */
  final Tensor quotient(Tensor mean, Tensor size) {
    return mean.div(size.sqrt().add(epsilon));
  }

  /** Nesterov's mean (Dozat 2016): {@code β₁ m/(1-β₁ᵗ⁺¹) + (1-β₁) g/(1-β₁ᵗ)}. */
  final Tensor ahead(Tensor mean, Tensor g) {
    Tensor t = updates(mean);
    Tensor next = mean.mul(beta1).div(bias(beta1, t.add(1)));
    return next.add(g.mul(1 - beta1).div(bias(beta1, t)));
  }

  // 1 - βᵗ = -(e^(t ln β) - 1), which does not cancel where β is close to 1
  static Tensor bias(double beta, Tensor t) {
    return beta == 0 ? t.like(1) : t.mul(Math.log(beta)).expm1().neg();
  }
}
