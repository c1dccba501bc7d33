package dev.engram;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import dev.engram.ir.Tracer;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * A tensor that a model keeps from call to call: a parameter, a hidden state, a counter.
 *
 * <p>Inside a transformation such as {@link Engram#jit} a read becomes an input of the traced
 * function and a write an extra result; the state changes when the function has run. A state made
 * inside a traced function lives until that function returns.
 */
public final class State {

  /** What a state is for. */
  public enum Kind {
    /** Learned: weights and biases. */
    PARAMETER(Role.WEIGHT),
    /** Carried through time by the model. */
    HIDDEN(Role.HIDDEN),
    /** All the rest: counters, random keys, optimizer moments. */
    OTHER(Role.STATE);

    private final Role role;

    Kind(Role role) {
      this.role = role;
    }

    Role role() {
      return role;
    }
  }

  /** What {@link Engram#vmapNewStates} makes of a value. */
  enum Spread {
    /** The same for each example. */
    COPIES,
    /** A random key of its own for each. */
    OWN_KEYS,
    /** One for all, without an axis. */
    SHARED
  }

  /**
   * A value with its first {@code mapped} axes hidden from code under {@link Vmap}.
   *
   * @see Engram#vmapNewStates
   */
  record Cell(Tensor value, int mapped) {
    Cell {
      Given.given("the value of a state", value);
    }
  }

  /** Counts the changes of all states, so that a program need not look at each of its own. */
  private static final AtomicLong CHANGES = new AtomicLong();

  private final Kind kind;
  private final Optional<Supplier<Tensor>> init;
  private final Optional<Model> owner;
  private final Object birth;
  private final boolean fixed;
  private Optional<Cell> cell = Optional.empty();
  private String path = "";
  private boolean exposed;

  /** True when the user has been told that it is not finite any more. */
  private boolean lost;

  /** A loss that may make the next value NaN or infinite. */
  private Optional<LostWeights.Loss> watched = Optional.empty();

  private Spread spread = Spread.COPIES;

  State(Kind kind, Optional<Supplier<Tensor>> init, Optional<Model> owner) {
    this.kind = kind;
    this.init = init;
    this.owner = owner;
    this.birth = StateScope.token();
    this.fixed = false;
  }

  private State(String path, HostTensor value) {
    this.kind = Kind.OTHER;
    this.init = Optional.empty();
    this.owner = Optional.empty();
    this.birth = StateScope.outside();
    this.fixed = true;
    this.spread = Spread.SHARED;
    this.path = path;
    this.cell = Optional.of(new Cell(value, 0));
  }

  /**
   * A state that has this value at the start of every run: what is set outside of traces is
   * forgotten. It makes a chain of data through a traced function, and is nobody's memory.
   */
  static State fixed(String path, HostTensor value) {
    return new State(path, value);
  }

  /** A state with a value. */
  public static State of(Kind kind, Tensor value) {
    Given.given("State.of", "kind", kind);
    State s = new State(kind, Optional.empty(), Optional.empty());
    s.write(new Cell(value, 0));
    return s;
  }

  /** A state that has no value before {@link #init}, which sets it to what {@code init} gives. */
  public static State of(Kind kind, Supplier<Tensor> init) {
    Given.given("State.of", "kind", kind);
    Given.given("State.of", "init", init);
    return new State(kind, Optional.of(init), Optional.empty());
  }

  public static State parameter(Tensor value) {
    return of(Kind.PARAMETER, value);
  }

  public static State hidden(Supplier<Tensor> init) {
    return of(Kind.HIDDEN, init);
  }

  public static State other(Tensor value) {
    return of(Kind.OTHER, value);
  }

  public Kind kind() {
    return kind;
  }

  State spreading(Spread to) {
    spread = to;
    return this;
  }

  Spread spread() {
    return spread;
  }

  /**
   * The current value.
   *
   * @throws TraceException when there is none yet
   */
  public Tensor value() {
    Tensor value = StateScope.read(this).orElseThrow(this::noValue).value();
    if (value instanceof HostTensor) {
      exposed = true;
    }
    return value;
  }

  /**
   * Replaces the value by another of the same type. Within {@link Engram#vmap} that is the type
   * that one example has.
   *
   * @throws TypeException when there is a value of another type
   * @throws TraceException when {@code value} belongs to a trace that has ended
   */
  public void set(Tensor value) {
    Given.given("the value of a state", value);
    StateScope.expected(this)
        .filter(want -> !want.equals(value.type()))
        .ifPresent(
            want -> {
              throw misfit(value.type(), want);
            });
    replace(value);
  }

  /**
   * Replaces the value by one of any type. What was compiled for the old type is compiled again.
   *
   * @throws TraceException when {@code value} belongs to a trace that has ended
   */
  public void replace(Tensor value) {
    write(new Cell(value, StateScope.mapped(this)));
  }

  private TypeException misfit(TensorType got, TensorType want) {
    Shape shape = got.shape();
    int more = got.rank() - want.rank();
    String fix =
        got.dtype() != want.dtype()
            ? "cast the value to " + want.dtype() + ", or change the type with replace(...)"
            : more == 1 && shape.range(1, got.rank()).equals(want.shape()) && hasInit()
                ? "for whole batches give the states a batch axis with model.initAllStates("
                    + shape.dim(0)
                    + "), or map over the examples with Vmap"
                : "give it a value of that type, or change the type with replace(...)";
    return new TypeException(
        describe()
            + " is set to "
            + got
            + ", expected "
            + want
            + " ("
            + SourceLocation.here()
            + "); "
            + fix);
  }

  /** Sets the value that the state starts with; does nothing when it was made with a value. */
  public void init() {
    init.ifPresent(f -> write(new Cell(f.get(), 0)));
  }

  /**
   * Like {@link #init}, for as many examples as the state has: axes that its value has in front of
   * those of the start value stay. In {@link Engram#vmapNewStates} there are none but the new ones.
   */
  void restart() {
    init.ifPresent(
        f -> {
          Tensor start = f.get();
          Optional<StateScope.Peek> now =
              StateScope.isCollecting() ? Optional.empty() : StateScope.peek(this);
          write(now.map(p -> repeated(start, p)).orElse(new Cell(start, 0)));
        });
  }

  private static Cell repeated(Tensor start, StateScope.Peek now) {
    Shape shape = now.type().shape();
    int more = shape.rank() - start.rank();
    if (more < 0 || !shape.range(more, shape.rank()).equals(start.shape())) {
      return new Cell(start, 0);
    }
    Tensor value = start;
    for (int i = more - 1; i >= 0; i--) {
      value = NewStates.repeat(value, shape.dim(i));
    }
    return new Cell(value, now.mapped());
  }

  /** True when the user has been told that a loss has ruined it, or a weight of its model. */
  boolean isLost() {
    return lost;
  }

  /** Remembers that the user has been told. */
  void lose() {
    lost = true;
    watched = Optional.empty();
  }

  /** Has {@code loss} look at the value that is stored next. */
  void watch(LostWeights.Loss loss) {
    watched = Optional.of(loss);
  }

  /** The module that the state was made for. */
  Optional<Model> owner() {
    return owner;
  }

  /** True when {@link #init} sets a value. */
  public boolean hasInit() {
    return init.isPresent();
  }

  /** True when there is a value. */
  public boolean isInitialized() {
    return StateScope.peek(this).isPresent();
  }

  /**
   * Type of the current value.
   *
   * @throws TraceException when there is none yet
   */
  public TensorType type() {
    return StateScope.peek(this).orElseThrow(this::noValue).type();
  }

  /**
   * The name within the outermost module that has been asked for its states, such as {@code
   * rnn.layers.0.h}; empty for a state that no module holds.
   */
  public String path() {
    return path;
  }

  /** Names this state; the longest name wins, since it starts at the outermost module. */
  void found(String at) {
    if (at.length() > path.length()) {
      path = at;
    }
  }

  void write(Cell c) {
    if (!StateScope.write(this, c)) {
      store(c);
    }
  }

  /** The value outside of all traces. */
  Optional<Cell> stored() {
    return cell;
  }

  void store(Cell c) {
    if (c.value() instanceof Tracer) {
      throw new TraceException(
          describe()
              + " cannot be set to a traced value of type "
              + c.value().type()
              + " outside of its trace ("
              + SourceLocation.here()
              + "); set it inside the traced function, or return the value from it");
    }
    if (fixed) {
      return;
    }
    cell = Optional.of(c);
    exposed = false;
    CHANGES.incrementAndGet();
    if (watched.isPresent()) {
      LostWeights.Loss loss = watched.get();
      watched = Optional.empty();
      loss.look(this, c.value());
    }
  }

  /** While this stays the same, so do the values of all states outside of traces. */
  static long changes() {
    return CHANGES.get();
  }

  /** True when only traced functions can set it. */
  boolean isFixed() {
    return fixed;
  }

  /** The value outside of all traces, for a reader that keeps no hold of it. */
  HostTensor lend() {
    return cell.orElseThrow(this::noValue).value().host();
  }

  /** True when the stored value is this very tensor. */
  @SuppressWarnings("ReferenceEquality")
  boolean holds(HostTensor t) {
    return cell.isPresent() && cell.get().value() == t;
  }

  /** True when someone may still hold the stored value: it was read since it was set. */
  boolean isExposed() {
    return exposed;
  }

  /** The frame this state was made in. */
  Object birth() {
    return birth;
  }

  /** {@code state rnn.layers.0.h}, for errors. */
  String describe() {
    if (path.isEmpty()) {
      owner.ifPresent(Model::states);
    }
    String name = path.isEmpty() ? "of kind " + kind : path;
    return "state " + name + owner.map(m -> " of " + m.className()).orElse("");
  }

  private TraceException noValue() {
    String fix =
        StateScope.isTrace(birth)
            ? "it was made in a traced function, and ended with it; make it outside, or return its"
                + " value"
            : init.isPresent()
                ? "call initAllStates() first on the model that holds it in a field, such as"
                    + " model.initAllStates()"
                : "give it a value with set(...) first";
    return new TraceException(
        describe() + " is read at " + SourceLocation.here() + " but has no value; " + fix);
  }

  @Override
  public String toString() {
    return describe() + StateScope.peek(this).map(t -> ": " + t.type()).orElse(" without a value");
  }
}
