package dev.engram.online;

import dev.engram.Captured;
import dev.engram.Layer;
import dev.engram.State;
import dev.engram.States;
import dev.engram.TracedFunction;
import dev.engram.autodiff.Batch;
import dev.engram.autodiff.Batched;
import dev.engram.etrace.ModelStep;
import dev.engram.etrace.OnlineRule;
import dev.engram.etrace.OnlineStep;
import dev.engram.etrace.Rule;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.state.ModelWalk;
import dev.engram.state.UnheldStates;
import dev.engram.trace.TraceOrRun;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A model's step with its rule, and the mapping between the model's states and the parameters and
 * results of its graph. States are mapped by identity, since their paths change when the model
 * becomes part of another.
 */
final class LearnerStep {
  private final TracedFunction traced;
  private final OnlineStep step;

  /** For each result of the traced function, its position among the rule's results. */
  private final List<Integer> order;

  private LearnerStep(TracedFunction traced, OnlineStep step, List<Integer> order) {
    this.traced = traced;
    this.step = step;
    this.order = List.copyOf(order);
  }

  /**
   * @param x an input of one example; only its type is used
   */
  static LearnerStep of(Layer model, Rule rule, Tensor x) {
    States own = model.states(); // names them
    TracedFunction t =
        TracedFunction.of(
            ModelWalk.className(model),
            args -> model.update((Tensor) args.getFirst()),
            List.of(HostTensor.full(x.type(), 0)));
    UnheldStates.refuse(model, t, Set.copyOf(own.values()));
    List<Integer> order = new ArrayList<>();
    ModelStep step = step(t, order);
    return new LearnerStep(t, OnlineRule.of(step, rule), order);
  }

  // The model's results, then states that are only set, then states that are read and set.
  private static ModelStep step(TracedFunction t, List<Integer> order) {
    Map<State, Integer> params = new LinkedHashMap<>();
    for (int i = 0; i < t.captured().size(); i++) {
      if (t.captured().get(i) instanceof Captured.OfState(State s, int _)) {
        params.put(s, t.argCount() + i);
      }
    }
    List<Value> outs = new ArrayList<>(t.graph().outs().subList(0, t.resultCount()));
    List<Value> kept = new ArrayList<>();
    List<Integer> states = new ArrayList<>();
    List<Integer> keptAt = new ArrayList<>();
    for (int i = 0; i < t.resultCount(); i++) {
      order.add(i);
    }
    for (int i = 0; i < t.written().size(); i++) {
      Value v = t.graph().outs().get(t.resultCount() + i);
      Integer param = params.get(t.written().get(i).state());
      if (param == null) {
        order.add(outs.size());
        outs.add(v);
      } else {
        order.add(-1);
        keptAt.add(t.resultCount() + i);
        states.add(param);
        kept.add(v);
      }
    }
    int results = outs.size();
    for (int i = 0; i < kept.size(); i++) {
      order.set(keptAt.get(i), results + i);
    }
    outs.addAll(kept);
    Graph g = t.graph();
    return new ModelStep(new Graph(g.name(), g.params(), g.eqns(), outs), results, states);
  }

  OnlineStep step() {
    return step;
  }

  /** Returns the type of one example's input. */
  TensorType input() {
    return traced.graph().params().getFirst().type();
  }

  /** Returns the operands of the step's graph before the traces, as the running code sees them. */
  List<Tensor> operands(Tensor x) {
    return traced.operands(List.of(x));
  }

  /** Returns the number of the step's results before the traces. */
  int results() {
    return order.size();
  }

  /** Sets the model's states from the step's results and returns the model's output. */
  Tensor apply(List<? extends Tensor> outs) {
    List<Tensor> ordered = new ArrayList<>();
    order.forEach(at -> ordered.add(outs.get(at)));
    return (Tensor) traced.apply(ordered);
  }

  /** Returns the hidden states that traces follow, in the order of the analysis. */
  List<State> hidden() {
    ModelStep s = step.step();
    return s.hidden().stream().map(i -> state(s.states().get(i))).toList();
  }

  private State state(int param) {
    return ((Captured.OfState) traced.captured().get(param - traced.argCount())).state();
  }

  /**
   * Returns, for each weight, its gradient from {@code traces} and learning signals in states.
   *
   * @param signals for each of {@link #hidden}
   * @param batch length of the traces' and signals' axis of examples, if they have one
   */
  Map<State, Tensor> credit(List<Tensor> traces, List<Tensor> signals, OptionalInt batch) {
    List<Param> params = step.step().graph().params();
    List<Tensor> operands = operands(HostTensor.full(input(), 0));
    List<Tensor> args = new ArrayList<>();
    List<State> weights = new ArrayList<>();
    for (int i = 0; i < params.size(); i++) {
      if (params.get(i).role() == Role.WEIGHT) {
        args.add(operands.get(i));
        weights.add(state(i));
      }
    }
    args.addAll(traces);
    args.addAll(signals);
    List<? extends Tensor> outs =
        batch.isPresent()
            ? summed(args, weights.size(), batch.getAsInt())
            : TraceOrRun.graph(step.credit(), args);
    Map<State, Tensor> found = new LinkedHashMap<>();
    for (int i = 0; i < outs.size(); i++) {
      found.put(weights.get(i), outs.get(i));
    }
    return found;
  }

  // Everything but the weights has one value per example.
  private List<Tensor> summed(List<Tensor> args, int weights, int batch) {
    List<Boolean> batched = IntStream.range(0, args.size()).mapToObj(i -> i >= weights).toList();
    Batched wide = Batch.of(step.credit(), batched, batch);
    List<? extends Tensor> all = TraceOrRun.graph(wide.graph(), args);
    return IntStream.range(0, all.size())
        .<Tensor>mapToObj(i -> wide.outBatched().get(i) ? all.get(i).sum(0) : all.get(i))
        .toList();
  }
}
