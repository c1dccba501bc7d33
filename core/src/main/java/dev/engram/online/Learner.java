package dev.engram.online;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.GradWithAux;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.StepResult;
import dev.engram.Transparent;
import dev.engram.Vmap;
import dev.engram.WithAux;
import dev.engram.etrace.Cost;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.OnlineStep;
import dev.engram.etrace.Report;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Schedule;
import dev.engram.etrace.Strictness;
import dev.engram.etrace.TraceState;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Control;
import dev.engram.ir.runtime.Log;
import dev.engram.jit.Watchers;
import dev.engram.state.LostWeights;
import dev.engram.state.StateSlot;
import dev.engram.state.Told;
import dev.engram.trace.Flattening;
import dev.engram.trace.TraceOrRun;
import dev.engram.transform.ScanTransform;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * A model with an online learning rule around it.
 *
 * <p>{@link #update} runs one step of the model and updates the rule's eligibility traces. Its
 * derivative with respect to the model's parameters is defined by the rule: take {@link
 * Engram#grad(Fn1, States)} of a loss of one step, and sum these gradients over the steps. The
 * derivative with respect to anything from the previous step is zero.
 *
 * <p>There are two ways to use a learner. Explicitly: construct it, call {@link #compileGraph} for
 * one example inside {@link Engram#vmapNewStates}, and call it through {@link Vmap}. Or in one
 * call, with {@link #compile}, which returns a learner for whole batches.
 */
public class Learner extends Layer implements Transparent {
  private final Layer model;
  private final Rule rule;
  private final RandomKey key;
  private final Consumer<Diagnostic> warnings;
  private Optional<LearnerStep> prepared = Optional.empty();
  private OptionalInt batch = OptionalInt.empty();
  private Map<String, State> traces = Map.of();

  /** The rule's own learned weights; a field, so that they are among {@link #states}. */
  private Map<String, State> synthesizer = Map.of();

  private Optional<RuleInputs> inputs = Optional.empty();

  /** The key from which a rule that draws random numbers splits the key of each run. */
  private final Optional<State> seed;

  static final ScanTransform.Labels XS_YS =
      new ScanTransform.Labels("Learner.grad", List.of("xs", "ys"));

  /**
   * The result of running a sequence.
   *
   * @param grads sum of the steps' gradients
   * @param losses loss of each step, {@code [T]}
   * @param outputs the model's output of each step, {@code [T, …]}
   */
  public record Sequence(Grads grads, Tensor losses, Tensor outputs) {
    public Sequence {
      Given.given("Sequence", "grads", grads);
      Given.given("Sequence", "losses", losses);
      Given.given("Sequence", "outputs", outputs);
    }
  }

  /** A learner that logs its warnings. */
  public Learner(Layer model, Rule rule) {
    this(model, rule, RandomKey.of(0), logged(model));
  }

  /**
   * @param key for rules that draw random numbers
   * @param warnings receives each warning of the analysis; a {@link Strictness} for errors instead
   */
  public Learner(Layer model, Rule rule, RandomKey key, Consumer<Diagnostic> warnings) {
    Given.given("Learner", "key", key);
    Given.given("Learner", "warnings", warnings);
    this.model = Given.given("the model", model);
    this.rule = Given.given("the rule", rule);
    this.key = key;
    this.warnings = warnings;
    this.seed =
        rule.factorization() instanceof Factorization.RandomProjection
            ? Optional.of(spreading(State.other(key.words()), StateSlot.Spread.SHARED))
            : Optional.empty();
  }

  /** Logs each warning about {@code model} once, however often learners are made of it. */
  static Consumer<Diagnostic> logged(Layer model) {
    return d -> {
      if (Told.of(model).isFirst(d.toString())) {
        Log.warning(d.toString());
      }
    };
  }

  /** Returns the rule. */
  public final Rule rule() {
    return rule;
  }

  /**
   * Makes a learner for batches that is ready to run: the model's states and the traces are
   * initialised for {@code x.dim(0)} examples.
   *
   * @param rule such as {@code DRtrl::new}
   * @param x the inputs of one step, {@code [B, …]}; only its type is used
   */
  public static <L extends Learner> L compile(Layer model, Fn1<Layer, L> rule, Tensor x) {
    Given.given("Learner.compile", "model", model);
    Given.given("Learner.compile", "rule", rule);
    Given.given("Learner.compile", "x", x);
    if (x.rank() == 0 || x.dim(0) < 1) {
      throw new TypeException(
          "Learner.compile: x has type "
              + x.type()
              + ", expected a batch of at least one example on axis 0 ("
              + SourceLocation.here()
              + ")");
    }
    L learner = Given.given("Learner.compile: the result of the rule", rule.apply(model));
    Learner base = learner;
    base.batch = OptionalInt.of(x.dim(0));
    try {
      base.start(x.get(0));
    } catch (TypeException e) {
      throw new TypeException(
          "%s; Learner.compile took x of type %s as the inputs of one step for %d examples"
              .formatted(e.getMessage(), x.type(), x.dim(0)),
          e);
    }
    return learner;
  }

  private void start(Tensor example) {
    Engram.vmapNewStates(
        batch.orElseThrow(),
        () -> {
          model.initAllStates();
          compileGraph(example);
        });
  }

  /**
   * Analyses the model's step and initialises the traces to zero. The model's states must be
   * initialised.
   *
   * @param x an input of one example; only its type is used
   * @throws dev.engram.etrace.EtraceException when the model has no hidden state, or no weight can
   *     learn through traces
   */
  public final void compileGraph(Tensor x) {
    Given.given("Learner.compileGraph", "x", x);
    LearnerStep p = LearnerStep.of(model, rule, x);
    OnlineStep online = p.step();
    if (warnings instanceof Strictness s) {
      online.report().require(s);
    }
    prepared = Optional.of(p);
    Watchers.current().prepared(online);
    Map<String, State> fresh = new LinkedHashMap<>();
    for (TraceState e : online.traces()) {
      State s = traceState(e);
      s.init();
      String name = e.name();
      for (int use = 2; fresh.containsKey(name); use++) {
        name = e.name() + "#" + use; // the same weights used at another site
      }
      fresh.put(name, s);
    }
    traces = fresh;
    RuleInputs given = RuleInputs.of(online, key, synthesizer);
    inputs = Optional.of(given);
    synthesizer = given.synthesizer();
    online.report().warnings().forEach(warnings);
  }

  private State traceState(TraceState t) {
    return t.kind() == TraceState.Kind.KEY
        ? spreading(State.of(State.Kind.OTHER, this::nextKey), StateSlot.Spread.OWN_KEYS)
        : State.of(State.Kind.OTHER, () -> HostTensor.full(t.type(), 0));
  }

  // Each run draws different numbers, even when this setup is part of a compiled function.
  private Tensor nextKey() {
    State s = seed.orElseThrow();
    List<RandomKey> two = new RandomKey(s.value()).split(2);
    s.set(two.get(0).words());
    return two.get(1).words();
  }

  /** Runs one step, as {@link #update} does. */
  public final Tensor call(Tensor x) {
    return update(x);
  }

  /**
   * {@inheritDoc}
   *
   * @param x of the type given to {@link #compileGraph}, or a batch of such after {@link #compile}
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

  /** {@link #update} whose derivative is that of the step itself, with the traces held fixed. */
  final Tensor throughTime(Tensor x) {
    return batch.isPresent()
        ? Engram.<Tensor, Tensor>vmap(a -> one(a, Optional.empty(), false)).apply(x)
        : one(x, Optional.empty(), false);
  }

  private Tensor one(Tensor x, Optional<Tensor> modulator, boolean online) {
    LearnerStep p = prepared();
    TensorType want = p.input();
    if (!x.type().equals(want)) {
      throw new TypeException(
          "the learner was compiled for an input of type "
              + want
              + ", got "
              + x.type()
              + " ("
              + SourceLocation.here()
              + "); call compileGraph with an input of the new type; for a batch compile"
              + " with Learner.compile, or map over it with Vmap");
    }
    List<Tensor> operands = p.operands(x);
    traces.values().forEach(s -> operands.add(online ? s.value() : s.value().stopGradient()));
    operands.addAll(inputs.orElseThrow().values(modulator));
    Control.Call call = p.step().call();
    List<? extends Tensor> outs =
        TraceOrRun.op(
            online ? call : new Control.Call(call.body(), new Control.Derivative.Plain()),
            operands);
    int next = p.results();
    for (State s : traces.values()) {
      s.set(outs.get(next++));
    }
    return p.apply(outs);
  }

  /** Resets the model's states and the traces to their initial values, keeping the batch size. */
  public final void reset() {
    prepared();
    Runnable init =
        () -> {
          model.states().values().forEach(s -> StateSlot.of(s).restart());
          eligibility().values().forEach(s -> StateSlot.of(s).restart());
        };
    if (batch.isPresent()) {
      Engram.vmapNewStates(batch.getAsInt(), init);
    } else {
      init.run();
    }
  }

  // Keys are not reset, so that the next sequence draws different numbers.
  private Map<String, State> eligibility() {
    Map<String, State> out = new LinkedHashMap<>(traces);
    for (TraceState t : prepared().step().traces()) {
      if (t.kind() == TraceState.Kind.KEY) {
        out.remove(t.name());
      }
    }
    return out;
  }

  /** Runs the sequence {@code xs [T, …]} without learning; returns the outputs, {@code [T, …]}. */
  public final Tensor evolve(Tensor xs) {
    return Engram.forLoop(this::update, xs);
  }

  /**
   * Runs a sequence and sums the gradients of its steps, or of its windows when the rule's schedule
   * has windows; the last window may be shorter.
   *
   * @param xs inputs, {@code [T, …]}
   * @param ys targets, a structure of tensors {@code [T, …]}
   * @param stepLoss scalar loss of one step's output and target
   * @throws EtraceException when the rule needs a modulator; see {@link ThreeFactor}
   */
  public final <Y> Sequence grad(Tensor xs, Y ys, Fn2<Tensor, Y, Tensor> stepLoss) {
    Given.given("Learner.grad", "stepLoss", stepLoss);
    Given.given("Learner.grad", "xs", xs);
    Given.given("Learner.grad", "ys", ys);
    if (rule.signal() instanceof LearningSignal.Modulatory) {
      throw new EtraceException(
          "the rule learns by a modulator, and this gradient has none ("
              + SourceLocation.here()
              + "); call ThreeFactor.grad(xs, modulators, ys, stepLoss)");
    }
    return switch (rule.schedule()) {
      case Schedule.PerStep _ ->
          steps(
              XS_YS,
              List.of(xs, ys),
              now -> stepGrad((Tensor) now.get(0), Flattening.<Y>cast(now.get(1)), stepLoss));
      case Schedule.Window w -> watched(new WindowedBptt<>(this, w.steps(), stepLoss).grad(xs, ys));
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

  /** Runs {@code step} over sequences and sums its gradients. */
  final Sequence steps(
      ScanTransform.Labels labels,
      List<Object> sequences,
      Fn1<List<Object>, GradWithAux<Grads, Tensor>> step) {
    Fn1<List<Object>, Object> body =
        args -> {
          GradWithAux<Grads, Tensor> g = step.apply(args.subList(1, args.size()));
          Grads sum = (Grads) args.getFirst();
          return new StepResult<>(sum.plus(g.grad()), new Pair<>(g.value(), g.aux()));
        };
    StepResult<Grads, Pair<Tensor, Tensor>> done =
        Flattening.cast(
            new ScanTransform(labels, body, false)
                .run(Grads.zeros(weights()), sequences, OptionalInt.empty()));
    return watched(new Sequence(done.carry(), done.out().first(), done.out().second()));
  }

  private Sequence watched(Sequence s) {
    LostWeights.watch(weights().values(), s.losses());
    return s;
  }

  /** Returns the weights that get gradients: the model's parameters, and the rule's own if any. */
  public final States weights() {
    return states().subset(State.Kind.PARAMETER);
  }

  /** Returns the result of the analysis. */
  public final Report report() {
    return prepared().step().report();
  }

  /** Returns the report, every trace with its bytes, and the cost of a step, as text. */
  public final String explain() {
    return prepared().step().explain();
  }

  /** Returns the cost of a step for one example. */
  public final Cost cost() {
    return prepared().step().cost();
  }

  /**
   * Returns the fixed random weights of a rule with random feedback, {@code [results, positions]},
   * in the order of the hidden states.
   */
  public final List<Tensor> feedback() {
    prepared();
    return inputs.orElseThrow().feedback();
  }

  /**
   * Returns the traces by name, such as {@code rnn.Wz.weight.g0.s0}. Where weights are used at
   * several sites, the names of further traces end in {@code #2}, {@code #3}, ….
   */
  public final Map<String, State> traces() {
    prepared();
    return Collections.unmodifiableMap(traces);
  }

  /** Returns the step with its rule, for dumps and tests. */
  public final OnlineStep onlineStep() {
    return prepared().step();
  }

  /** Returns the model. */
  public final Layer model() {
    return model;
  }

  /** Returns the compiled step, for windows. */
  final LearnerStep ready() {
    return prepared();
  }

  /**
   * Returns, for each weight, its gradient from {@code traces} and learning signals in the hidden
   * states.
   */
  final Map<State, Tensor> credit(List<Tensor> traces, List<Tensor> signals) {
    return prepared().credit(traces, signals, batch);
  }

  private LearnerStep prepared() {
    return prepared.orElseThrow(
        () ->
            new TraceException(
                "the learner has not been compiled ("
                    + SourceLocation.here()
                    + "); call compileGraph(x) after initAllStates(), or use Learner.compile"));
  }

  private static State spreading(State s, StateSlot.Spread to) {
    StateSlot.of(s).spreading(to);
    return s;
  }
}
