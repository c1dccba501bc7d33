package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** Stochastic gradient descent: {@code v = μ v + g}, {@code w = w - rate · v}. */
public final class Sgd extends Optimizer {
  private final double rate;
  private final double momentum;
  private final Map<String, State> velocity = new LinkedHashMap<>();

  /** Without momentum. */
  public Sgd(double rate) {
    this(rate, 0);
  }

  public Sgd(double rate, double momentum) {
    this.rate = rate;
    this.momentum = momentum;
  }

  @Override
  void registered(String path, State weight) {
    if (momentum != 0) {
      velocity.put(path, other(HostTensor.full(weight.type(), 0)));
    }
  }

  @Override
  Tensor step(String path, Tensor w, Tensor g) {
    if (momentum == 0) {
      return w.sub(g.mul(rate));
    }
    State v = velocity.get(path);
    v.set(v.value().mul(momentum).add(g));
    return w.sub(v.value().mul(rate));
  }
}
