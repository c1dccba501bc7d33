package dev.engram.online;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.GradWithAux;
import dev.engram.Grads;
import dev.engram.Pair;
import dev.engram.State;
import dev.engram.States;
import dev.engram.StepResult;
import dev.engram.WithAux;
import dev.engram.ir.Tensor;
import dev.engram.ir.tensor.RoundOnce;
import dev.engram.transform.Parts;
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
record WindowedBptt<X, O, R>(
    Learner<X, O> learner, States weights, int size, Fn1<List<Object>, Pair<Tensor, R>> step) {

  /**
   * @param sequences each {@code [T, …]}
   * @param steps T
   */
  Learner.Sequence<R> grad(List<Object> sequences, int steps) {
    Fn2<Grads, List<Object>, StepResult<Grads, Pair<Tensor, R>>> body =
        (sum, part) -> {
          GradWithAux<Grads, Pair<Tensor, R>> w = window(part);
          return new StepResult<>(sum.plus(w.grad().map(RoundOnce::wide)), w.aux());
        };
    StepResult<Grads, Pair<Tensor, R>> done =
        new Parts(steps, size).scan(body, Grads.zeros(weights).map(RoundOnce::wide), sequences);
    return Rollout.summed(done);
  }

  private GradWithAux<Grads, Pair<Tensor, R>> window(List<Object> part) {
    List<Tensor> traces = learner.traces().values().stream().map(State::value).toList();
    Map<String, State> wrt = new LinkedHashMap<>(weights.byPath());
    List<State> hidden = learner.ready().hidden();
    IntStream.range(0, hidden.size()).forEach(i -> wrt.put(start(i), hidden.get(i)));
    GradWithAux<Grads, Pair<Tensor, R>> g =
        Engram.gradWithAux(
                () -> {
                  Pair<Tensor, R> each = Engram.forLoop(step, part);
                  return new WithAux<>(each.first().sum(), each);
                },
                new States(wrt))
            .apply();
    List<Tensor> signals =
        IntStream.range(0, hidden.size()).mapToObj(i -> g.grad().get(start(i))).toList();
    Map<State, Tensor> before = learner.credit(traces, signals);
    Map<String, Tensor> total = new LinkedHashMap<>();
    weights
        .byPath()
        .forEach(
            (path, weight) -> {
              Tensor own = g.grad().get(path);
              Tensor more = before.get(weight);
              total.put(path, more == null ? own : own.add(more));
            });
    return new GradWithAux<>(Grads.of(weights, total), g.value(), g.aux());
  }

  // Cannot collide with the path of a weight: paths have no spaces.
  private static String start(int hidden) {
    return "start of hidden state " + hidden;
  }
}
