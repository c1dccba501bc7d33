package dev.engram;

import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.ModelStep;
import dev.engram.etrace.OnlineStep;
import dev.engram.etrace.Report;
import dev.engram.etrace.TraceState;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
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
public abstract class Learner extends Layer implements ModuleWalk.Transparent {
  private static final System.Logger LOG = System.getLogger("dev.engram");

  private final Layer model;
  private final Consumer<Diagnostic> warnings;
  private Optional<Prepared> prepared = Optional.empty();
  private OptionalInt batch = OptionalInt.empty();
  private Map<String, State> traces = Map.of();

  /**
   * The step with its rule.
   *
   * @param order for each result of the traced function, its position among the rule's results
   */
  private record Prepared(Traced traced, OnlineStep step, List<Integer> order) {}

  /**
   * What a sequence gave.
   *
   * @param grads sum of the steps' gradients
   * @param losses loss of each step, {@code [T]}
   * @param outputs the model's output of each step, {@code [T, …]}
   */
  public record Sequence(Grads grads, Tensor losses, Tensor outputs) {}

  /** A learner that logs its warnings. */
  protected Learner(Layer model) {
    this(model, d -> LOG.log(System.Logger.Level.WARNING, d.toString()));
  }

  /**
   * @param warnings gets each warning of the relation analysis
   */
  protected Learner(Layer model, Consumer<Diagnostic> warnings) {
    this.model = model;
    this.warnings = warnings;
  }

  /** The rule for a model's step. */
  protected abstract OnlineStep rule(ModelStep step);

  /**
   * A learner for batches, ready to run: the model's states and the traces are initialised for
   * {@code x.dim(0)} examples.
   *
   * @param rule {@code DRtrl::new}
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
    OnlineStep online = rule(step);
    prepared = Optional.of(new Prepared(t, online, order));
    Map<String, State> fresh = new LinkedHashMap<>();
    for (TraceState e : online.traces()) {
      TensorType type = e.type();
      State s = State.of(State.Kind.OTHER, () -> HostTensor.full(type, 0));
      s.init();
      fresh.put(e.name(), s);
    }
    traces = fresh;
    online.report().warnings().forEach(warnings);
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
    return batch.isPresent() ? Engram.<Tensor, Tensor>vmap(this::one).apply(x) : one(x);
  }

  private Tensor one(Tensor x) {
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
    traces.values().forEach(s -> operands.add(s.value()));
    List<? extends Tensor> outs = Emit.op(p.step.call(), operands);
    int own = p.order.size();
    int i = 0;
    for (State s : traces.values()) {
      s.set(outs.get(own + i++));
    }
    List<Tensor> ordered = new ArrayList<>();
    p.order.forEach(at -> ordered.add(outs.get(at)));
    return (Tensor) p.traced.apply(ordered);
  }

  /** Sets the model's states and the traces back to their start. */
  public final void reset() {
    prepared();
    Runnable init =
        () -> {
          model.initAllStates();
          traces.values().forEach(State::init);
        };
    if (batch.isPresent()) {
      Engram.vmapNewStates(batch.getAsInt(), init);
    } else {
      init.run();
    }
  }

  /** Runs the sequence {@code xs [T, …]} without learning; gives the outputs, {@code [T, …]}. */
  public final Tensor evolve(Tensor xs) {
    return Engram.forLoop(this::update, xs);
  }

  /**
   * Runs a sequence and adds up the gradients of its steps.
   *
   * @param xs inputs, {@code [T, …]}
   * @param ys targets, a structure of tensors {@code [T, …]}
   * @param stepLoss scalar loss of one step's output and target
   */
  public final <Y> Sequence grad(Tensor xs, Y ys, Fn2<Tensor, Y, Tensor> stepLoss) {
    States weights = model.states().subset(State.Kind.PARAMETER);
    Fn2<Tensor, Y, GradWithAux<Grads, Tensor>> step =
        Engram.gradWithAux(
            (Tensor x, Y y) -> {
              Tensor out = update(x);
              return new WithAux<>(stepLoss.apply(out, y), out);
            },
            weights);
    Step<Grads, Pair<Tensor, Tensor>> done =
        Engram.scan(
            (Grads sum, Pair<Tensor, Y> xy) -> {
              GradWithAux<Grads, Tensor> g = step.apply(xy.first(), xy.second());
              return new Step<>(sum.plus(g.grad()), new Pair<>(g.value(), g.aux()));
            },
            Grads.zeros(weights),
            new Pair<>(xs, ys));
    return new Sequence(done.carry(), done.out().first(), done.out().second());
  }

  /** What the analysis found. */
  public final Report report() {
    return prepared().step.report();
  }

  /** The traces by name, such as {@code rnn.Wz.weight.g0.s0}. */
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

  private Prepared prepared() {
    return prepared.orElseThrow(
        () ->
            new TraceException(
                "the learner has not been compiled ("
                    + Where.here()
                    + "); call compileGraph(x) after initAllStates(), or use Learner.compile"));
  }
}
