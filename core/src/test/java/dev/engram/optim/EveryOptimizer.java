package dev.engram.optim;

import java.util.ArrayList;
import java.util.List;

/** One of each optimizer. */
final class EveryOptimizer {
  private EveryOptimizer() {}

  /** Those with a rate. */
  static List<Optimizer> of(LearningRate rate) {
    return List.of(
        new Sgd(rate, 0.9, false, 0),
        new Adam(rate, 0.9, 0.999, 1e-8, 0),
        new RmsProp(rate, 0.9, 1e-8, 0.5, 0),
        RmsProp.centered(rate, 0.9, 1e-3, 0.5, 0),
        new Adagrad(rate, 0, 1e-8, 0),
        new Lion(rate, 0.9, 0.99, 0),
        new NAdam(rate, 0.9, 0.999, 1e-8, 0),
        new AmsGrad(rate, 0.9, 0.999, 1e-8, 0),
        new AdaBelief(rate, 0.9, 0.999, 1e-8, 0),
        new Yogi(rate, 0.9, 0.999, 1e-3, 0),
        new Adamax(rate, 0.9, 0.999, 1e-8, 0),
        new RAdam(rate, 0.9, 0.999, 1e-8, 0),
        new AdaDelta(rate, 0.9, 1e-2, 0),
        new Lamb(rate, 0.9, 0.999, 1e-6, 0.01),
        new Lars(rate, 0.9, 0.1, 0.01),
        new Fromage(rate),
        new SignSgd(rate, 0.9, 0),
        new NovoGrad(rate, 0.9, 0.25, 1e-6, 0.01),
        new Sm3(rate, 0.9, 1e-8, 0),
        new Adafactor(rate, 2, 0.8, 1, 0.9, 1e-30, 0));
  }

  /** All of them. */
  static List<Optimizer> all(LearningRate rate) {
    List<Optimizer> all = new ArrayList<>(of(rate));
    all.add(new Rprop(0.1));
    return all;
  }
}
