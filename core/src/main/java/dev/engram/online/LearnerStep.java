package dev.engram.online;

import dev.engram.Captured;
import dev.engram.Network;
import dev.engram.State;
import dev.engram.States;
import dev.engram.TracedFunction;
import dev.engram.Tree;
import dev.engram.TreeDef;
import dev.engram.autodiff.Batch;
import dev.engram.autodiff.Batched;
import dev.engram.etrace.ModelStep;
import dev.engram.etrace.OnlineRule;
import dev.engram.etrace.OnlineStep;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Scope;
import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.Value;
import dev.engram.ir.op.Check;
import dev.engram.jit.Fns;
import dev.engram.state.ModelWalk;
import dev.engram.state.StateSlot;
import dev.engram.state.UnheldStates;
import dev.engram.trace.TraceOrRun;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A model's step with its rule, and the mapping between the model's states and the parameters and
 * results of its graph. States are mapped by identity, since their paths change when the model
 * becomes part of another.
 */
final class LearnerStep {
  /** How errors name the inputs. */
  private static final String INPUT = "x";

  /** The structure of one example's inputs. */
  private final TreeDef inputs;

  private final List<TensorType> types;
  private final TracedFunction traced;
  private final OnlineStep step;

  /** For each result of the traced function, its position among the rule's results. */
  private final List<Integer> order;

  private LearnerStep(
      Tree.Flat inputs, TracedFunction traced, OnlineStep step, List<Integer> order) {
    this.inputs = inputs.structure();
    this.types = inputs.types();
    this.traced = traced;
    this.step = step;
    this.order = List.copyOf(order);
  }

  /**
   * @param x the inputs of one example; only their types are used
   */
  static <X, O> LearnerStep of(Network<X, O> model, Rule rule, X x) {
    States own = model.states(); // names them
    TracedFunction t =
        TracedFunction.of(ModelWalk.className(model), Fns.list(model::update), List.of(x));
    UnheldStates.refuse(model, t, Set.copyOf(own.values()));
    List<Integer> order = new ArrayList<>();
    ModelStep step = step(t, order);
    ModelStep known = rule.scope() instanceof Scope.Snap ? withStructure(step, t) : step;
    return new LearnerStep(Tree.flatten(x, INPUT), t, OnlineRule.of(known, rule), order);
  }

  /**
   * Has the structure of the model as constants, as it is now, so that its connections can be
   * followed; a run fails in which it has changed.
   */
  private static ModelStep withStructure(ModelStep step, TracedFunction t) {
    Graph g = step.graph();
    Builder b = new Builder(g.name());
    Map<Value, Value> values = new HashMap<>();
    g.params().forEach(p -> values.put(p.var(), b.param(p)));
    b.at(SourceLocation.here());
    for (int i = 0; i < t.captured().size(); i++) {
      int at = t.argCount() + i;
      if (t.captured().get(i) instanceof Captured.OfState(State s, int mapped)
          && mapped == 0
          && !step.states().contains(at)) {
        Param p = g.params().get(at);
        StateSlot.of(s)
            .structure()
            .filter(now -> now.dtype().isInteger() && now.type().equals(p.type()))
            .ifPresent(now -> values.put(p.var(), unchanged(b, values.get(p.var()), p, now)));
      }
    }
    g.eqns().forEach(e -> b.copy(e, values));
    List<Value> outs = g.outs().stream().map(v -> Builder.mapped(values, v)).toList();
    return new ModelStep(b.build(outs), step.results(), step.states());
  }

  /** Returns {@code now}, and checks that the parameter, here {@code v}, still is. */
  private static Value unchanged(Builder b, Value v, Param p, HostTensor now) {
    Value known = b.lift(now);
    Tensor change = b.tracer(v).sub(b.tracer(known));
    String what =
        "the learner follows %s as it was compiled; compile it again after a change. The change"
            .formatted(p.path());
    b.emit1(new Check.Range(what, 0, 1), b.lift(change));
    return known;
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

  /** Returns the inputs that the step is compiled for: one type, or one for each path. */
  String expected() {
    return described(inputs, types);
  }

  private static String described(TreeDef structure, List<TensorType> types) {
    if (structure instanceof TreeDef.Leaf) {
      return types.getFirst().toString();
    }
    List<String> paths = structure.paths(INPUT);
    return IntStream.range(0, types.size())
        .mapToObj(i -> paths.get(i) + ": " + types.get(i))
        .collect(Collectors.joining(", ", "(", ")"));
  }

  /**
   * Returns the operands of the step's graph before the traces, as the running code sees them.
   *
   * @param batch number of examples, where the learner is compiled for a batch
   * @throws TypeException when {@code x} has another structure or other types
   */
  List<Tensor> operands(Object x, OptionalInt batch) {
    Tree.Flat flat = Tree.flatten(x, INPUT);
    if (!flat.structure().equals(inputs) || !flat.types().equals(types)) {
      throw new TypeException(
          "the learner was compiled for an input of type "
              + expected()
              + ", got "
              + described(flat.structure(), flat.types())
              + " ("
              + SourceLocation.here()
              + "); "
              + fix(flat, batch));
    }
    return traced.operands(flat.leaves());
  }

  private String fix(Tree.Flat got, OptionalInt batch) {
    boolean leading = got.structure().equals(inputs) && hasAxisInFrontOf(got.types(), types);
    if (batch.isEmpty()) {
      return "call compileGraph with an input of the new type; for a batch compile with"
          + " Learner.compile, or map over it with Vmap"
          + (leading ? "; of a sequence give one step, such as xs.get(0)" : "");
    }
    int examples = batch.getAsInt();
    if (leading) {
      return "a step takes [%d, …], an input for each example; of a sequence [T, %1$d, …] give one, such as xs.get(0), or learn from all of it with learner.grad(xs, …)"
          .formatted(examples);
    }
    if (got.structure().equals(inputs) && hasAxisInFrontOf(types, got.types())) {
      return "a step takes [%d, …], an input for each example, and a sequence is [T, %1$d, …]"
          .formatted(examples);
    }
    return "compile the learner again with Learner.compile for the new type";
  }

  /** True when each of {@code longer} is one of {@code types} with another axis in front. */
  private static boolean hasAxisInFrontOf(List<TensorType> longer, List<TensorType> types) {
    return longer.size() == types.size()
        && IntStream.range(0, types.size())
            .allMatch(
                i -> {
                  TensorType l = longer.get(i);
                  TensorType t = types.get(i);
                  return l.rank() == t.rank() + 1
                      && l.dtype() == t.dtype()
                      && l.shape().range(1, l.rank()).equals(t.shape());
                });
  }

  /** Like {@link #operands(Object, OptionalInt)}, with zeros for the inputs. */
  private List<Tensor> operands() {
    return traced.operands(types.stream().<Tensor>map(t -> HostTensor.full(t, 0)).toList());
  }

  /** Returns the number of the step's results before the traces. */
  int results() {
    return order.size();
  }

  /** Sets the model's states from the step's results and returns the model's outputs. */
  Object apply(List<? extends Tensor> outs) {
    List<Tensor> ordered = new ArrayList<>();
    order.forEach(at -> ordered.add(outs.get(at)));
    return traced.apply(ordered);
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
    List<Tensor> operands = operands();
    List<Tensor> args = new ArrayList<>();
    List<State> weights = new ArrayList<>();
    for (int i = 0; i < params.size(); i++) {
      if (params.get(i).role() == Role.WEIGHT) {
        args.add(operands.get(i));
        weights.add(state(i));
      }
    }
    step.tables().forEach(i -> args.add(operands.get(i)));
    int shared = args.size();
    args.addAll(traces);
    args.addAll(signals);
    List<? extends Tensor> outs =
        batch.isPresent()
            ? summed(args, shared, batch.getAsInt())
            : TraceOrRun.graph(step.credit(), args);
    Map<State, Tensor> found = new LinkedHashMap<>();
    for (int i = 0; i < outs.size(); i++) {
      found.put(weights.get(i), outs.get(i));
    }
    return found;
  }

  // Everything but the weights and the tables has one value per example.
  private List<Tensor> summed(List<Tensor> args, int shared, int batch) {
    List<Boolean> batched = IntStream.range(0, args.size()).mapToObj(i -> i >= shared).toList();
    Batched wide = Batch.of(step.credit(), batched, batch);
    List<? extends Tensor> all = TraceOrRun.graph(wide.graph(), args);
    return IntStream.range(0, all.size())
        .<Tensor>mapToObj(i -> wide.outBatched().get(i) ? all.get(i).sum(0) : all.get(i))
        .toList();
  }
}
