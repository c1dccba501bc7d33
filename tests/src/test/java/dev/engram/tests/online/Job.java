package dev.engram.tests.online;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.States;
import dev.engram.Vmap;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.online.Learner;
import dev.engram.online.ThreeFactor;
import dev.engram.testkit.Close;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A test case: a model, made anew each time with the same weights, and data for it.
 *
 * @param xs {@code [T, B, …]}
 * @param ys {@code [T, B, …]}, of the model's outputs
 */
record Job(String name, Supplier<Layer> model, Tensor xs, Tensor ys) {
  static final int STEPS = 6;
  static final int BATCH = 3;

  /** Half the squared error, a sum over the batch. */
  static final Fn2<Tensor, Tensor, Tensor> LOSS = (out, y) -> out.sub(y).square().sum().mul(0.5);

  /** Makes a case with float inputs of {@code in} elements and targets of {@code out}. */
  static Job of(String name, int in, int out, Supplier<Layer> model) {
    return new Job(name, model, normal(1, STEPS, BATCH, in), normal(2, STEPS, BATCH, out));
  }

  Job withInputs(Tensor inputs) {
    return new Job(name, model, inputs, ys);
  }

  static Tensor normal(long seed, int... dims) {
    return RandomTensors.normal(RandomKey.of(seed), Shape.of(dims), DType.F64);
  }

  /** Returns the gradients by backpropagation through time. */
  Grads bptt() {
    Layer m = model.get();
    States weights = m.states().subset(State.Kind.PARAMETER);
    Engram.vmapNewStates(xs.dim(1), m::initAllStates);
    Vmap<Tensor, Tensor> mapped = new Vmap<>(m);
    return Engram.grad(
            () ->
                Engram.forLoop((Tensor x, Tensor y) -> LOSS.apply(mapped.update(x), y), xs, ys)
                    .sum(),
            weights)
        .apply();
  }

  Learner<Tensor, Tensor> learner(Rule rule) {
    return Learner.compile(
        model.get(), m -> new Learner<>(m, rule, RandomKey.of(7), _ -> {}), xs.get(0));
  }

  /** Returns the gradients by {@code rule}, with a random modulator if it needs one. */
  Grads online(Rule rule) {
    if (rule.signal() instanceof LearningSignal.Modulatory) {
      ThreeFactor<Tensor, Tensor> learner =
          Learner.compile(
              model.get(), m -> new ThreeFactor<>(m, rule, RandomKey.of(7), _ -> {}), xs.get(0));
      return learner.grad(xs, normal(9, xs.dim(0), xs.dim(1)), ys, LOSS).grads();
    }
    return learner(rule).grad(xs, ys, LOSS).grads();
  }

  static void same(String what, Grads got, Grads want) {
    for (String path : want.paths()) {
      Close.check(what + ": " + path, got.get(path).host(), want.get(path).host());
    }
  }

  /** Returns the greatest difference between elements. */
  static double distance(Grads a, Grads b) {
    return b.paths().stream()
        .mapToDouble(p -> a.get(p).sub(b.get(p)).abs().max().host().getDouble(0))
        .max()
        .orElseThrow();
  }

  /** Returns the paths whose gradients differ by more than rounding. */
  static List<String> different(Grads a, Grads b) {
    List<String> out = new ArrayList<>();
    for (String path : b.paths()) {
      HostTensor d = a.get(path).sub(b.get(path)).abs().max().host();
      if (!(d.getDouble(0) < 1e-6)) {
        out.add(path);
      }
    }
    return out;
  }

  @Override
  public String toString() {
    return name;
  }
}
