package dev.engram.online;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.Grads;
import dev.engram.Network;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.Transparent;
import dev.engram.Tree;
import dev.engram.Vmap;
import dev.engram.etrace.Cost;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.OnlineStep;
import dev.engram.etrace.Report;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Strictness;
import dev.engram.etrace.TraceState;
import dev.engram.ir.DType;
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
import dev.engram.state.StateSlot;
import dev.engram.state.Told;
import dev.engram.trace.Flattening;
import dev.engram.trace.TraceOrRun;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.Collectors;

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
public class Learner<X, O> extends Network<X, O> implements Transparent {
  private final Network<X, O> model;
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

  /**
   * The result of running a sequence.
   *
   * @param grads sum of the steps' gradients, or their mean, of the weights asked for
   * @param loss sum of the losses, or their mean, {@code []}
   * @param losses the losses of each step, {@code [T, …]}; 0 where they are masked
   * @param outputs the model's outputs of each step, {@code [T, …]}
   */
  public record Sequence<O>(Grads grads, Tensor loss, Tensor losses, O outputs) {
    public Sequence {
      Given.given("Sequence", "grads", grads);
      Given.given("Sequence", "loss", loss);
      Given.given("Sequence", "losses", losses);
      Given.given("Sequence", "outputs", outputs);
    }
  }

  /** A learner that logs its warnings. */
  public Learner(Network<X, O> model, Rule rule) {
    this(model, rule, RandomKey.of(0), logged(model));
  }

  /**
   * @param key for rules that draw random numbers
   * @param warnings receives each warning of the analysis; a {@link Strictness} for errors instead
   */
  public Learner(Network<X, O> model, Rule rule, RandomKey key, Consumer<Diagnostic> warnings) {
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

  /** Logs each warning about {@code model} once, however often learners are made at one line. */
  static Consumer<Diagnostic> logged(Network<?, ?> model) {
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
   * initialised for as many examples as {@code x} has.
   *
   * @param rule such as {@code DRtrl::new}
   * @param x the inputs of one step, each {@code [B, …]}; only their types are used
   */
  public static <X, O, M extends Network<X, O>, L extends Learner<X, O>> L compile(
      M model, Fn1<? super M, L> rule, X x) {
    Given.given("Learner.compile", "model", model);
    Given.given("Learner.compile", "rule", rule);
    Given.given("Learner.compile", "x", x);
    Tree.Flat flat = Tree.flatten(x, "Learner.compile: x");
    int examples = examples(flat);
    L learner = Given.given("Learner.compile: the result of the rule", rule.apply(model));
    Learner<X, O> base = learner;
    base.batch = OptionalInt.of(examples);
    try {
      base.start(Tree.map(t -> t.get(0), x));
    } catch (TypeException e) {
      throw new TypeException(
          "%s; Learner.compile took x of type %s as the inputs of one step for %d examples%s"
              .formatted(
                  e.getMessage(),
                  listed(flat),
                  examples,
                  flat.leaves().stream().allMatch(t -> t.rank() > 1)
                      ? "; of a sequence [T, B, …] give it one step, such as xs.get(0)"
                      : ""),
          e);
    }
    return learner;
  }

  /**
   * {@link #compile(Network, Fn1, Object)} with a rule by its coordinates, such as {@code
   * Rule.named("pp-prop 0.9")}. It logs its warnings.
   */
  public static <X, O> Learner<X, O> compile(Network<X, O> model, Rule rule, X x) {
    Given.given("Learner.compile", "model", model);
    return compile(model, rule, x, logged(model));
  }

  /**
   * {@link #compile(Network, Rule, Object)} that hands its warnings to somebody.
   *
   * @param warnings gets each warning of the analysis; a {@link Strictness} for errors, {@code _ ->
   *     {}} for none
   * @throws EtraceException when a {@link Strictness} refuses the model
   */
  public static <X, O> Learner<X, O> compile(
      Network<X, O> model, Rule rule, X x, Consumer<Diagnostic> warnings) {
    Given.given("Learner.compile", "rule", rule);
    Given.given("Learner.compile", "warnings", warnings);
    return compile(model, m -> new Learner<>(m, rule, RandomKey.of(0), warnings), x);
  }

  private static int examples(Tree.Flat x) {
    List<String> paths = x.structure().paths("x");
    for (int i = 0; i < paths.size(); i++) {
      Tensor t = x.leaves().get(i);
      Tensor first = x.leaves().getFirst();
      if (t.rank() == 0 || t.dim(0) < 1 || t.dim(0) != first.dim(0)) {
        throw new TypeException(
            "Learner.compile: %s has type %s, expected a batch of %s on axis 0 (%s)"
                .formatted(
                    paths.get(i),
                    t.type(),
                    i == 0
                        ? "at least one example"
                        : "%d examples, as %s has".formatted(first.dim(0), paths.getFirst()),
                    SourceLocation.here()));
      }
    }
    if (paths.isEmpty()) {
      throw new TypeException(
          ("Learner.compile: x has no tensor, expected the inputs of one step for a batch of"
                  + " examples (%s); without inputs, call compileGraph inside Engram.vmapNewStates")
              .formatted(SourceLocation.here()));
    }
    return x.leaves().getFirst().dim(0);
  }

  private static String listed(Tree.Flat x) {
    return x.leaves().stream().map(t -> t.type().toString()).collect(Collectors.joining(", "));
  }

  private void start(X example) {
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
   * @param x the inputs of one example; only their types are used
   * @throws dev.engram.etrace.EtraceException when the model has no hidden state, or no weight can
   *     learn through traces
   */
  public final void compileGraph(X x) {
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
  public final O call(X x) {
    return update(x);
  }

  /**
   * {@inheritDoc}
   *
   * @param x of the types given to {@link #compileGraph}, or a batch of such after {@link #compile}
   */
  @Override
  public final O update(X x) {
    return batch.isPresent()
        ? Engram.<X, O>vmap(a -> one(a, Optional.empty(), true)).apply(x)
        : one(x, Optional.empty(), true);
  }

  /** {@link #update} with a value for the rule's modulator, one for each example of a batch. */
  final O update(X x, Tensor modulator) {
    return batch.isPresent()
        ? Engram.<X, Tensor, O>vmap((a, m) -> one(a, Optional.of(m), true)).apply(x, modulator)
        : one(x, Optional.of(modulator), true);
  }

  /** {@link #update} whose derivative is that of the step itself, with the traces held fixed. */
  final O throughTime(X x) {
    return batch.isPresent()
        ? Engram.<X, O>vmap(a -> one(a, Optional.empty(), false)).apply(x)
        : one(x, Optional.empty(), false);
  }

  private O one(X x, Optional<Tensor> modulator, boolean online) {
    LearnerStep p = prepared();
    List<Tensor> operands = p.operands(x, batch);
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
    return Flattening.<O>cast(p.apply(outs));
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

  /**
   * Resets the model's states and the traces of some examples, as at the end of an episode.
   *
   * @param which {@code bool[B]} after {@link #compile}, else {@code bool[]}: true where an example
   *     starts anew
   */
  public final void reset(Tensor which) {
    Given.given("Learner.reset", "which", which);
    prepared();
    TensorType want =
        batch.isPresent()
            ? TensorType.of(DType.BOOL, batch.getAsInt())
            : TensorType.scalar(DType.BOOL);
    if (!which.type().equals(want)) {
      throw new TypeException(
          "Learner.reset: which has type %s, expected %s, a value for each example (%s)"
              .formatted(which.type(), want, SourceLocation.here()));
    }
    if (batch.isPresent()) {
      Engram.<Tensor, Tensor>vmap(this::resetIf).apply(which);
    } else {
      resetIf(which);
    }
  }

  private Tensor resetIf(Tensor starts) {
    model.states().values().forEach(s -> StateSlot.of(s).restartIf(starts));
    eligibility().values().forEach(s -> StateSlot.of(s).restartIf(starts));
    return starts;
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
  public final O evolve(X xs) {
    return rollout(xs).evolve();
  }

  /**
   * Runs a sequence and sums the gradients of its steps, or of its windows when the rule's schedule
   * has windows; the last window may be shorter. {@link #rollout} has a mask, resets and more.
   *
   * @param xs inputs, {@code [T, …]}
   * @param ys targets, a structure of tensors {@code [T, …]}
   * @param stepLoss loss of one step's outputs and targets
   * @throws EtraceException when the rule needs a modulator; see {@link Rollout#modulators}
   */
  public final <Y> Sequence<O> grad(X xs, Y ys, Fn2<O, Y, Tensor> stepLoss) {
    return rollout(xs).grad(ys, stepLoss);
  }

  /** {@link #grad(Object, Object, Fn2)} with a loss that needs no targets, or captures them. */
  public final Sequence<O> grad(X xs, Fn1<O, Tensor> stepLoss) {
    return rollout(xs).grad(stepLoss);
  }

  /**
   * Returns a run along a sequence, to which a mask, resets and more can be given.
   *
   * @param xs inputs, each {@code [T, …]}
   */
  public final Rollout<X, O> rollout(X xs) {
    return new Rollout<>(this, Given.given("Learner.rollout", "xs", xs));
  }

  /**
   * Returns the weights that get gradients: the model's parameters without those of {@link
   * Network#frozen} parts, and the rule's own if any.
   */
  public final States weights() {
    return trainable();
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
  public final Network<X, O> model() {
    return model;
  }

  /** The number of examples, where it is compiled for a batch. */
  final OptionalInt examples() {
    return batch;
  }

  /** The number of axes of examples in its inputs. */
  final int mappedAxes() {
    return batch.isPresent() ? 1 : 0;
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
