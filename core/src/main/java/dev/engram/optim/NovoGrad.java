package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * NovoGrad (Ginsburg et al. 2019), which keeps one size for each weight tensor:
 *
 * <pre>
 *   v = β₂ v + (1-β₂) ‖g‖², and ‖g‖² in the first update
 *   m = β₁ m + g/(√v + ε) + decay · w
 *   w = w - rate · m
 * </pre>
 *
 * <p>A gradient whose square overflows makes v infinite and stops the weight for good.
 */
public final class NovoGrad extends Optimizer {
  private final double beta1;
  private final double beta2;
  private final double epsilon;
  private final double decay;
  private final Map<String, State> m = new LinkedHashMap<>();
  private final Map<String, State> v = new LinkedHashMap<>();

  /** β₁ = 0.9, β₂ = 0.25, ε = 1e-6, no decay. */
  public NovoGrad(double rate) {
    this(LearningRate.constant(rate), 0.9, 0.25, 1e-6, 0);
  }

  /**
   * @param beta1 from 0 to below 1
   * @param beta2 from 0 to below 1
   * @param epsilon at least 1e-37, so that it is not 0 in f32
   * @param decay within the momentum, at least 0
   */
  public NovoGrad(LearningRate rate, double beta1, double beta2, double epsilon, double decay) {
    super(rate, 0);
    this.beta1 = Ranges.kept("NovoGrad", "beta1", beta1);
    this.beta2 = Ranges.kept("NovoGrad", "beta2", beta2);
    this.epsilon = Ranges.epsilon("NovoGrad", epsilon);
    this.decay = Ranges.notNegative("NovoGrad", "decay", decay);
  }

  @Override
  protected void registered(String path, State weight) {
    m.put(path, moment(weight));
    DType wide = RoundOnce.wide(weight.type().dtype());
    v.put(path, other(HostTensor.full(TensorType.scalar(wide), 0)));
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    State mean = m.get(path);
    State size = v.get(path);
    Tensor now = g.square().sum();
    Tensor next = size.value().mul(beta2).add(now.mul(1 - beta2));
    size.set(updates(w).eq(1).select(now, next));
    Tensor scaled = g.div(size.value().sqrt().add(epsilon));
    Tensor u = decay == 0 ? scaled : scaled.add(w.mul(decay));
    mean.set(mean.value().mul(beta1).add(u));
    return mean.value();
  }
}
