package dev.engram.tests.jax;

import dev.engram.States;
import dev.engram.optim.Accumulation;
import dev.engram.optim.AdaBelief;
import dev.engram.optim.AdaDelta;
import dev.engram.optim.Adafactor;
import dev.engram.optim.Adagrad;
import dev.engram.optim.Adam;
import dev.engram.optim.Adamax;
import dev.engram.optim.AmsGrad;
import dev.engram.optim.Fromage;
import dev.engram.optim.Lamb;
import dev.engram.optim.Lars;
import dev.engram.optim.LearningRate;
import dev.engram.optim.Lion;
import dev.engram.optim.Lookahead;
import dev.engram.optim.NAdam;
import dev.engram.optim.NovoGrad;
import dev.engram.optim.Optimizer;
import dev.engram.optim.ParameterGroups;
import dev.engram.optim.RAdam;
import dev.engram.optim.RmsProp;
import dev.engram.optim.Rprop;
import dev.engram.optim.Sgd;
import dev.engram.optim.SignSgd;
import dev.engram.optim.Sm3;
import dev.engram.optim.Updater;
import dev.engram.optim.Yogi;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/** What {@code tests/jax/optimizers.py} computes, by the same names. */
final class OptaxCases {
  static final LearningRate SAME = LearningRate.constant(0.1);
  static final LearningRate RATE = LearningRate.exponential(0.1, 0.5, 10);

  /** Makes what updates weights. */
  interface Case extends Function<States, Updater> {}

  private OptaxCases() {}

  static Case registered(Supplier<Optimizer> make) {
    return weights -> {
      Optimizer o = make.get();
      o.register(weights);
      return o;
    };
  }

  private static Optimizer adam() {
    return new Adam(0.1, 0.8, 0.95, 1e-6);
  }

  static Map<String, Case> cases() {
    Map<String, Supplier<Optimizer>> all = new LinkedHashMap<>();
    all.put("sgd", () -> new Sgd(0.1));
    all.put("sgd_nesterov", () -> new Sgd(SAME, 0.9, true, 0));
    all.put("adam", () -> new Adam(RATE, 0.8, 0.95, 1e-6, 0));
    all.put("adamw", () -> new Adam(RATE, 0.9, 0.99, 1e-8, 0.1));
    all.put("adagrad", () -> new Adagrad(RATE, 0.1, 1e-30, 0));
    all.put("lion", () -> new Lion(RATE, 0.8, 0.95, 0.1));
    all.put("rmsprop", () -> new RmsProp(RATE, 0.8, 1e-6, 0, 0));
    all.put("rmsprop_momentum", () -> new RmsProp(SAME, 0.8, 1e-6, 0.7, 0));
    all.put("rmsprop_centered", () -> RmsProp.centered(SAME, 0.8, 1e-3, 0.7, 0));
    all.put("nadam", () -> new NAdam(RATE, 0.8, 0.95, 1e-6, 0));
    all.put("amsgrad", () -> new AmsGrad(RATE, 0.8, 0.95, 1e-6, 0));
    all.put("adabelief", () -> new AdaBelief(RATE, 0.8, 0.95, 1e-6, 0));
    all.put("yogi", () -> new Yogi(RATE, 0.8, 0.95, 1e-3, 0));
    all.put("adamax", () -> new Adamax(RATE, 0.8, 0.95, 1e-6, 0));
    all.put("radam", () -> new RAdam(RATE, 0.8, 0.95, 1e-6, 0));
    all.put("radam_never", () -> new RAdam(RATE, 0.8, 0.6, 1e-6, 0));
    all.put("adadelta", () -> new AdaDelta(LearningRate.constant(0.5), 0.8, 1e-4, 0));
    all.put("lamb", () -> new Lamb(RATE, 0.8, 0.95, 1e-6, 0.1));
    all.put("lars", () -> new Lars(SAME, 0.8, 0.02, 0.1));
    all.put("fromage", () -> new Fromage(RATE));
    all.put("sign", () -> new SignSgd(RATE, 0, 0));
    all.put("novograd", () -> new NovoGrad(RATE, 0.8, 0.6, 1e-6, 0.1));
    all.put("sm3", () -> new Sm3(SAME, 0.7, 1e-8, 0));
    all.put("rprop", () -> new Rprop(0.05, 0.6, 1.3, 0.02, 0.2));
    all.put("adafactor", () -> new Adafactor(RATE, 2, 0.8, 1, 0, 1e-30, 0));
    all.put("adafactor_momentum", () -> new Adafactor(SAME, 4, 0.6, 0.7, 0.8, 1e-30, 0));
    Map<String, Case> out = new LinkedHashMap<>();
    all.forEach((name, make) -> out.put(name, registered(make)));
    out.put(
        "accumulation",
        weights -> new Accumulation(registered(OptaxCases::adam).apply(weights), weights, 4));
    out.put(
        "lookahead",
        weights -> new Lookahead(registered(OptaxCases::adam).apply(weights), weights, 4, 0.6));
    out.put(
        "groups",
        weights ->
            ParameterGroups.of(
                weights,
                ParameterGroups.rest(new Sgd(0.1, 0.9)),
                ParameterGroups.group(path -> path.equals("w"), adam())));
    return out;
  }

  /** Those without elementary functions: their operations are rounded alike everywhere. */
  static Map<String, Case> exact() {
    Map<String, Supplier<Optimizer>> more = new LinkedHashMap<>();
    more.put("adagrad", () -> new Adagrad(SAME, 0.1, 1e-6, 0.1));
    more.put("lion", () -> new Lion(SAME, 0.8, 0.95, 0.1));
    more.put("sign", () -> new SignSgd(SAME, 0.9, 0.1));
    more.put("novograd", () -> new NovoGrad(SAME, 0.8, 0.6, 1e-6, 0.1));
    more.put("fromage", () -> new Fromage(SAME));
    Map<String, Case> all = new LinkedHashMap<>();
    Map<String, Case> here = cases();
    for (String name :
        List.of(
            "sgd",
            "sgd_nesterov",
            "rmsprop_momentum",
            "rmsprop_centered",
            "adadelta",
            "lars",
            "sm3",
            "rprop")) {
      all.put(name, here.get(name));
    }
    more.forEach((name, make) -> all.put(name, registered(make)));
    return all;
  }

  static Map<String, LearningRate> schedules() {
    Map<String, LearningRate> all = new TreeMap<>();
    LearningRate falls = LearningRate.exponential(0.3, 0.5, 5);
    all.put("step", LearningRate.step(0.3, 0.5, 5));
    all.put("exponential", falls);
    all.put("cosine", LearningRate.cosine(0.3, 0.03, 20));
    all.put("linear", LearningRate.linear(0.1, 0.5, 20));
    all.put("warmup", LearningRate.warmup(6, LearningRate.cosine(0.3, 0.03, 20)));
    all.put("in_turn", LearningRate.inTurn(LearningRate.constant(0.2), 7, falls));
    all.put("polynomial", LearningRate.polynomial(0.3, 0.05, 2.5, 20));
    all.put("piecewise", LearningRate.piecewise(new double[] {0.4, 0.2, 0.05, 0.1}, 5, 12, 20));
    double[] cycle = {0.4 / 25, 0.4, 0.4 / 25, 0.4 / 25e4};
    all.put("interpolated", LearningRate.interpolated(cycle, 9, 25, 30));
    all.put("one_cycle", LearningRate.oneCycle(0.4, 30));
    all.put("restarts", LearningRate.cosineRestarts(0.4, 0.04, 5, 2));
    all.put("equal_restarts", LearningRate.cosineRestarts(0.4, 0.04, 7, 1));
    return all;
  }
}
