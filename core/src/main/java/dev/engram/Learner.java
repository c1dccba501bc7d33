package dev.engram;

import dev.engram.autodiff.Batch;
import dev.engram.autodiff.Batched;
import dev.engram.etrace.Cost;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.ModelStep;
import dev.engram.etrace.OnlineRule;
import dev.engram.etrace.OnlineStep;
import dev.engram.etrace.Report;
import dev.engram.etrace.Rule;
import dev.engram.etrace.RuleInput;
import dev.engram.etrace.Schedule;
import dev.engram.etrace.TraceState;
import dev.engram.ir.Control;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import dev.engram.ir.TypeException;
import dev.engram.ir.Value;
import dev.engram.ir.Where;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A model with an online learning rule around it.
 *
 * <p>{@link #update} runs one step of the model and carries the rule's eligibility traces on. Its
 * gradient in the model's parameters is the rule's: take it with {@link Engram#grad(Fn1, States)}
 * of a loss of one step, and add such gradients up over the steps. The gradient in anything of the
 * previous step is zero.
 *
 * <p>There are two ways to use one. Explicitly: make it, {@link #compileGraph} it for one example
 * inside {@link Engram#vmapNewStates}, and call it through {@link Vmap}. Or in one call, with
 * {@link #compile}, which gives a learner for whole batches.
 */
public class Learner extends Layer implements ModuleWalk.Transparent {
  private static final System.Logger LOG = System.getLogger("dev.engram");

  /**
   * Strict mode, in the place of a reader of warnings: a weight without a trace is an error, unless
   * its use is marked with {@link Tensor#untraced}.
   */
  public static final Consumer<Diagnostic> STRICT = _ -> {};

  private final Layer model;
  private final Rule rule;
  private final Key key;
  private final Consumer<Diagnostic> warnings;
  private Optional<Prepared> prepared = Optional.empty();
  private OptionalInt batch = OptionalInt.empty();
  private Map<String, State> traces = Map.of();
  private Map<String, State> synthesizer = Map.of();
  private List<Tensor> feedback = List.of();

  /** The step with its rule; no record, so that nobody looks for states in its graphs. */
  private static final class Prepared {
    final Traced traced;
    final OnlineStep step;

    /** For each result of the traced function, its position among the rule's results. */
    final List<Integer> order;

    Prepared(Traced traced, OnlineStep step, List<Integer> order) {
      this.traced = traced;
      this.step = step;
      this.order = List.copyOf(order);
    }
  }

  /**
   * What a sequence gave.
   *
   * @param grads sum of the steps' gradients
   * @param losses loss of each step, {@code [T]}
   * @param outputs the model's output of each step, {@code [T, …]}
   */
  public record Sequence(Grads grads, Tensor losses, Tensor outputs) {}

  /** A learner that logs its warnings. */
  public Learner(Layer model, Rule rule) {
    this(model, rule, Key.of(0), logged());
  }

  /**
   * @param key for rules that draw random numbers
   * @param warnings gets each warning of the relation analysis; {@link #STRICT} for errors instead
   */
  public Learner(Layer model, Rule rule, Key key, Consumer<Diagnostic> warnings) {
    this.model = model;
    this.rule = rule;
    this.key = key;
    this.warnings = warnings;
  }

  static Consumer<Diagnostic> logged() {
    return d -> LOG.log(System.Logger.Level.WARNING, d.toString());
  }

  /** The rule. */
  public final Rule rule() {
    return rule;
  }

  /**
   * A learner for batches, ready to run: the model's states and the traces are initialised for
   * {@code x.dim(0)} examples.
   *
   * @param rule such as {@code DRtrl::new}
   * @param x the inputs of one step, {@code [B, …]}; only its type is used
   */
  public static <L extends Learner> L compile(Layer model, Fn1<Layer, L> rule, Tensor x) {
    if (x.rank() == 0 || x.dim(0) < 1) {
      throw new TypeException(
          "Learner.compile: x has type "
              + x.type()
              + ", expected a batch of at least one example on axis 0 ("
              + Where.here()
              + ")");
    }
    L learner = rule.apply(model);
    Learner base = learner;
    base.batch = OptionalInt.of(x.dim(0));
    base.start(x.get(0));
    return learner;
  }

  private void start(Tensor example) {
    Engram.vmapNewStates(
        batch.orElseThrow(),
        () -> {
          model.initAllStates();
          compileGraph(example);
        });
    setKeys();
  }

  // Each example draws for itself.
  private void setKeys() {
    for (TraceState t : prepared().step.traces()) {
      if (t.kind() == TraceState.Kind.KEY) {
        State s = traces.get(t.name());
        Key own = key.foldIn(0);
        s.set(batch.isPresent() ? own.bits(Shape.of(batch.getAsInt(), 2)) : own.words());
      }
    }
  }

  /**
   * Analyses the model's step and sets up the traces, at zero. The model's states must be
   * initialised.
   *
   * @param x an input of one example; only its type is used
   * @throws dev.engram.etrace.EtraceException when the model has no hidden state, or no weight can
   *     learn through traces
   */
  public final void compileGraph(Tensor x) {
    model.states(); // names them
    Traced t =
        Traced.of(
            model.getClass().getSimpleName(),
            args -> model.update((Tensor) args.getFirst()),
            List.of(HostTensor.full(x.type(), 0)));
    List<Integer> order = new ArrayList<>();
    ModelStep step = step(t, order);
    OnlineStep online = OnlineRule.of(step, rule);
    prepared = Optional.of(new Prepared(t, online, order));
    Compiler.watcher().prepared(online);
    Map<String, State> fresh = new LinkedHashMap<>();
    for (TraceState e : online.traces()) {
      TensorType type = e.type();
      State s = State.of(State.Kind.OTHER, () -> HostTensor.full(type, 0));
      s.init();
      String name = e.name();
      for (int use = 2; fresh.containsKey(name); use++) {
        name = e.name() + "#" + use; // made of the same weights at another place
      }
      fresh.put(name, s);
    }
    traces = fresh;
    setInputs(online);
    if (batch.isEmpty()) {
      setKeys();
    }
    if (isStrict()) {
      online.report().requireNoExclusion();
    }
    online.report().warnings().forEach(warnings);
  }

  @SuppressWarnings("ReferenceEquality")
  private boolean isStrict() {
    return warnings == STRICT;
  }

  private void setInputs(OnlineStep online) {
    List<Key> keys = key.split(Math.max(1, online.inputs().size()));
    List<Tensor> fixed = new ArrayList<>();
    Map<String, State> learned = new LinkedHashMap<>();
    for (int i = 0; i < online.inputs().size(); i++) {
      RuleInput in = online.inputs().get(i);
      switch (in.kind()) {
        case FEEDBACK -> {
          Tensor b = Random.normal(keys.get(i), in.type().shape(), in.type().dtype());
          fixed.add(b.mul(1 / Math.sqrt(in.type().shape().dim(0))));
        }
        case SYNTHESIZER -> {
          State s = State.of(State.Kind.PARAMETER, () -> HostTensor.full(in.type(), 0));
          // All examples share it, also when the learner is made under vmapNewStates.
          s.store(new State.Cell(HostTensor.full(in.type(), 0), 0));
          learned.put(in.name(), s);
        }
        case MODULATOR -> {}
      }
    }
    feedback = List.copyOf(fixed);
    if (synthesizer.isEmpty()) {
      synthesizer = learned;
    }
  }

  // The model's results, then states that are only set, then states that are read and set.
  private static ModelStep step(Traced t, List<Integer> order) {
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

  /** One step; see the class. */
  public final Tensor call(Tensor x) {
    return update(x);
  }

  /**
   * {@inheritDoc}
   *
   * @param x as given to {@link #compileGraph}, or a batch of such after {@link #compile}
   */
  @Override
  public final Tensor update(Tensor x) {
    return batch.isPresent()
        ? Engram.<Tensor, Tensor>vmap(a -> one(a, Optional.empty(), true)).apply(x)
        : one(x, Optional.empty(), true);
  }

  /** {@link #update} with a value for the rule's modulator, one for each example of a batch. */
  final Tensor update(Tensor x, Tensor modulator) {
    return batch.isPresent()
        ? Engram.<Tensor, Tensor, Tensor>vmap((a, m) -> one(a, Optional.of(m), true))
            .apply(x, modulator)
        : one(x, Optional.of(modulator), true);
  }

  /** {@link #update} that is differentiated through time, with the traces held fixed. */
  final Tensor throughTime(Tensor x) {
    return batch.isPresent()
        ? Engram.<Tensor, Tensor>vmap(a -> one(a, Optional.empty(), false)).apply(x)
        : one(x, Optional.empty(), false);
  }

  private Tensor one(Tensor x, Optional<Tensor> modulator, boolean online) {
    Prepared p = prepared();
    TensorType want = p.traced.graph().params().getFirst().type();
    if (!x.type().equals(want)) {
      throw new TypeException(
          "the learner was compiled for an input of type "
              + want
              + ", got "
              + x.type()
              + " ("
              + Where.here()
              + "); call compileGraph with an input of the new type, or map over a batch with"
              + " Vmap");
    }
    List<Tensor> operands = new ArrayList<>(p.traced.operands(List.of(x)));
    traces.values().forEach(s -> operands.add(online ? s.value() : s.value().stopGradient()));
    operands.addAll(inputs(p.step, modulator));
    Control.Call call = p.step.call();
    List<? extends Tensor> outs =
        Emit.op(
            online ? call : new Control.Call(call.body(), new Control.Derivative.Plain()),
            operands);
    int own = p.order.size();
    int i = 0;
    for (State s : traces.values()) {
      s.set(outs.get(own + i++));
    }
    List<Tensor> ordered = new ArrayList<>();
    p.order.forEach(at -> ordered.add(outs.get(at)));
    return (Tensor) p.traced.apply(ordered);
  }

  private List<Tensor> inputs(OnlineStep step, Optional<Tensor> modulator) {
    List<Tensor> out = new ArrayList<>();
    for (RuleInput in : step.inputs()) {
      out.add(
          switch (in.kind()) {
            case FEEDBACK -> feedback.get(out.size());
            case SYNTHESIZER -> synthesizer.get(in.name()).value();
            // Without one, nothing is learned through traces.
            case MODULATOR -> modulator.orElseGet(() -> HostTensor.full(in.type(), 0));
          });
    }
    return out;
  }

  /** Sets the model's states and the traces back to their start. */
  public final void reset() {
    prepared();
    Runnable init =
        () -> {
          model.initAllStates();
          eligibility().values().forEach(State::init);
        };
    if (batch.isPresent()) {
      Engram.vmapNewStates(batch.getAsInt(), init);
    } else {
      init.run();
    }
  }

  // Keys go on, so that the next sequence draws other numbers.
  private Map<String, State> eligibility() {
    Map<String, State> out = new LinkedHashMap<>(traces);
    for (TraceState t : prepared().step.traces()) {
      if (t.kind() == TraceState.Kind.KEY) {
        out.remove(t.name());
      }
    }
    return out;
  }

  /** Runs the sequence {@code xs [T, …]} without learning; gives the outputs, {@code [T, …]}. */
  public final Tensor evolve(Tensor xs) {
    return Engram.forLoop(this::update, xs);
  }

  /**
   * Runs a sequence and adds up the gradients of its steps, or of its windows when the rule's
   * schedule has windows; the last window may be shorter.
   *
   * @param xs inputs, {@code [T, …]}
   * @param ys targets, a structure of tensors {@code [T, …]}
   * @param stepLoss scalar loss of one step's output and target
   */
  public final <Y> Sequence grad(Tensor xs, Y ys, Fn2<Tensor, Y, Tensor> stepLoss) {
    return switch (rule.schedule()) {
      case Schedule.PerStep _ -> steps(xs, ys, (x, y) -> stepGrad(x, y, stepLoss));
      case Schedule.Window w -> new Windows<>(this, w.steps(), stepLoss).grad(xs, ys);
    };
  }

  /** {@link #grad} of one step. */
  private <Y> GradWithAux<Grads, Tensor> stepGrad(Tensor x, Y y, Fn2<Tensor, Y, Tensor> stepLoss) {
    return Engram.<Tensor, Y, Tensor>gradWithAux(
            (a, b) -> {
              Tensor out = update(a);
              return new WithAux<>(stepLoss.apply(out, b), out);
            },
            weights())
        .apply(x, y);
  }

  /** Runs {@code step} over a sequence and adds its gradients up. */
  final <Y> Sequence steps(Tensor xs, Y ys, Fn2<Tensor, Y, GradWithAux<Grads, Tensor>> step) {
    Step<Grads, Pair<Tensor, Tensor>> done =
        Engram.scan(
            (Grads sum, Pair<Tensor, Y> xy) -> {
              GradWithAux<Grads, Tensor> g = step.apply(xy.first(), xy.second());
              return new Step<>(sum.plus(g.grad()), new Pair<>(g.value(), g.aux()));
            },
            Grads.zeros(weights()),
            new Pair<>(xs, ys));
    return new Sequence(done.carry(), done.out().first(), done.out().second());
  }

  /** What the rule has gradients for: the model's parameters, and its own if it learns some. */
  public final States weights() {
    return states().subset(State.Kind.PARAMETER);
  }

  /** What the analysis found. */
  public final Report report() {
    return prepared().step.report();
  }

  /** The report, every trace with its bytes, and the cost of a step, as text. */
  public final String explain() {
    return prepared().step.explain();
  }

  /** What a step costs for one example. */
  public final Cost cost() {
    return prepared().step.cost();
  }

  /**
   * The fixed random weights of a rule with random feedback, {@code [results, positions]}, in the
   * order of the hidden states.
   */
  public final List<Tensor> feedback() {
    prepared();
    return feedback;
  }

  /**
   * The traces by name, such as {@code rnn.Wz.weight.g0.s0}. Where weights are used at several
   * places, further traces end in {@code #2}, {@code #3}, ….
   */
  public final Map<String, State> traces() {
    prepared();
    return java.util.Collections.unmodifiableMap(traces);
  }

  /** The step with its rule, for dumps and tests. */
  public final OnlineStep onlineStep() {
    return prepared().step;
  }

  /** The model. */
  public final Layer model() {
    return model;
  }

  /** For each weight, the gradient that {@code traces} give with learning signals in states. */
  final Grads credit(Map<String, Tensor> traces, Map<String, Tensor> signals) {
    Prepared p = prepared();
    ModelStep step = p.step.step();
    List<Param> params = step.graph().params();
    List<Tensor> args = new ArrayList<>();
    List<Boolean> batched = new ArrayList<>();
    List<String> paths = new ArrayList<>();
    List<Tensor> operands =
        p.traced.operands(List.of(HostTensor.full(params.getFirst().type(), 0)));
    for (int i = 0; i < params.size(); i++) {
      if (params.get(i).role() == Role.WEIGHT) {
        args.add(operands.get(i));
        batched.add(false);
        paths.add(params.get(i).path());
      }
    }
    for (TraceState t : p.step.traces()) {
      args.add(traces.get(t.name()));
      batched.add(batch.isPresent());
    }
    for (int s : step.hidden()) {
      args.add(signals.get(step.state(s).path()));
      batched.add(batch.isPresent());
    }
    List<? extends Tensor> outs;
    if (batch.isPresent()) {
      Batched wide = Batch.of(p.step.credit(), batched, batch.getAsInt());
      List<? extends Tensor> all = Emit.graph(wide.graph(), args);
      outs =
          IntStream.range(0, all.size())
              .mapToObj(i -> wide.outBatched().get(i) ? all.get(i).sum(0) : all.get(i))
              .toList();
    } else {
      outs = Emit.graph(p.step.credit(), args);
    }
    Map<String, Tensor> byPath = new LinkedHashMap<>();
    for (int i = 0; i < outs.size(); i++) {
      byPath.put(paths.get(i), outs.get(i));
    }
    return new Grads(byPath);
  }

  private Prepared prepared() {
    return prepared.orElseThrow(
        () ->
            new TraceException(
                "the learner has not been compiled ("
                    + Where.here()
                    + "); call compileGraph(x) after initAllStates(), or use Learner.compile"));
  }
}
