package dev.engram.online;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.GradWithAux;
import dev.engram.Grads;
import dev.engram.Pair;
import dev.engram.State;
import dev.engram.States;
import dev.engram.StepResult;
import dev.engram.Tree;
import dev.engram.WithAux;
import dev.engram.ir.Tensor;
import dev.engram.transform.ScanTransform;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The gradient of a sequence, window by window: backpropagation through time within a window, and
 * the traces at its start for everything before it.
 *
 * <pre>
 *   grad = Σ_windows ∂ℓ_window/∂w + λ · ε,   λ = ∂ℓ_window/∂h at the window's start
 * </pre>
 */
record WindowedBptt<Y>(Learner learner, int size, Fn2<Tensor, Y, Tensor> stepLoss) {

  Learner.Sequence grad(Tensor xs, Y ys) {
    int steps = ScanTransform.steps(Learner.XS_YS, List.of(xs, ys));
    int whole = steps / size;
    Grads sum = Grads.zeros(learner.weights());
    List<Tensor> losses = new ArrayList<>();
    List<Tensor> outputs = new ArrayList<>();
    if (whole > 0) {
      StepResult<Grads, Pair<Tensor, Tensor>> done =
          Engram.scan(
              (Grads g, Pair<Tensor, Y> xy) -> {
                GradWithAux<Grads, Pair<Tensor, Tensor>> w = window(xy.first(), xy.second());
                return new StepResult<>(g.plus(w.grad()), w.aux());
              },
              sum,
              Tree.map(t -> split(t, whole), new Pair<>(xs, ys)));
      sum = done.carry();
      losses.add(joined(done.out().first()));
      outputs.add(joined(done.out().second()));
    }
    if (whole * size < steps) {
      GradWithAux<Grads, Pair<Tensor, Tensor>> last =
          window(
              xs.slice(0, whole * size, steps), Tree.map(t -> t.slice(0, whole * size, steps), ys));
      sum = sum.plus(last.grad());
      losses.add(last.aux().first());
      outputs.add(last.aux().second());
    }
    return new Learner.Sequence(sum, concat(losses), concat(outputs));
  }

  private GradWithAux<Grads, Pair<Tensor, Tensor>> window(Tensor xs, Y ys) {
    List<Tensor> traces = learner.traces().values().stream().map(State::value).toList();
    Map<String, State> wrt = new LinkedHashMap<>(learner.weights().byPath());
    List<State> hidden = learner.ready().hidden();
    IntStream.range(0, hidden.size()).forEach(i -> wrt.put(start(i), hidden.get(i)));
    GradWithAux<Grads, Pair<Tensor, Tensor>> g =
        Engram.gradWithAux(
                () -> {
                  Pair<Tensor, Tensor> each =
                      Engram.forLoop(
                          (Tensor x, Y y) -> {
                            Tensor out = learner.throughTime(x);
                            return new Pair<>(stepLoss.apply(out, y), out);
                          },
                          xs,
                          ys);
                  return new WithAux<>(each.first().sum(), each);
                },
                new States(wrt))
            .apply();
    List<Tensor> signals =
        IntStream.range(0, hidden.size()).mapToObj(i -> g.grad().get(start(i))).toList();
    Map<State, Tensor> before = learner.credit(traces, signals);
    Map<String, Tensor> total = new LinkedHashMap<>();
    learner
        .weights()
        .byPath()
        .forEach(
            (path, weight) -> {
              Tensor own = g.grad().get(path);
              Tensor more = before.get(weight);
              total.put(path, more == null ? own : own.add(more));
            });
    return new GradWithAux<>(new Grads(total), g.value(), g.aux());
  }

  // Cannot collide with the path of a weight: paths have no spaces.
  private static String start(int hidden) {
    return "start of hidden state " + hidden;
  }

  // [T, …] to [windows, size, …]
  private Tensor split(Tensor t, int windows) {
    Tensor whole = t.slice(0, 0, windows * size);
    return whole.reshape(t.shape().with(0, size).insert(0, windows));
  }

  private static Tensor joined(Tensor t) {
    return t.reshape(t.shape().range(1, t.rank()).with(0, t.dim(0) * t.dim(1)));
  }

  private static Tensor concat(List<Tensor> parts) {
    return parts.size() == 1 ? parts.getFirst() : Tensor.concat(0, parts.toArray(Tensor[]::new));
  }
}
