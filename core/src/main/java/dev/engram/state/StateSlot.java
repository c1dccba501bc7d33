package dev.engram.state;

import dev.engram.Engram;
import dev.engram.Model;
import dev.engram.State;
import dev.engram.Vmap;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import dev.engram.ir.Tracer;
import dev.engram.ir.checks.Given;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The internals of a {@link State}: its value outside of all traces, its owner and its path. */
public final class StateSlot {

  /** How {@link Engram#vmapNewStates} distributes a value over the examples. */
  public enum Spread {
    /** A copy for each example. */
    COPIES,
    /** A different random key for each example. */
    OWN_KEYS,
    /** One value for all examples, without an axis. */
    SHARED
  }

  /**
   * A value with its first {@code mapped} axes hidden from code under {@link Vmap}.
   *
   * @see Engram#vmapNewStates
   */
  public record Cell(Tensor value, int mapped) {
    public Cell {
      Given.given("the value of a state", value);
    }

    boolean looksLike(Cell other) {
      return mapped == other.mapped && value.type().equals(other.value.type());
    }
  }

  /** Checks the value that a state is set to. */
  @FunctionalInterface
  interface Watch {
    void look(State state, Tensor value);
  }

  private static final AtomicLong NUMBERS = new AtomicLong();

  /** Given by the class {@link State}, which shows its slot to nobody else. */
  private static volatile Function<State, StateSlot> slots =
      s -> {
        throw new IllegalStateException("no slots yet");
      };

  private final State state;
  private final State.Kind kind;
  private final Optional<Supplier<Tensor>> init;
  private final Optional<Model> owner;
  private final Object birth;
  private final boolean fixed;
  private final long number = NUMBERS.getAndIncrement();
  private final ReentrantLock turn = new ReentrantLock();
  private final StateMemory memory;
  private volatile String path = "";

  /** True when the user has been told that it is not finite any more. */
  private volatile boolean lost;

  /** What looks at the next value. */
  private volatile Optional<Watch> watched = Optional.empty();

  /** What is to look at {@link #dueCell}; both are set while values are published. */
  private volatile Optional<Watch> due = Optional.empty();

  private volatile @Nullable Cell dueCell;

  private Spread spread = Spread.COPIES;
  private boolean structural;

  public StateSlot(
      State state, State.Kind kind, Optional<Supplier<Tensor>> init, Optional<Model> owner) {
    this.state = state;
    this.kind = kind;
    this.init = init;
    this.owner = owner;
    this.birth = StateScope.token();
    this.fixed = false;
    this.memory = new StateMemory();
  }

  /**
   * A state with this value at the start of every run; values set outside of traces are discarded.
   */
  public StateSlot(State state, String path, HostTensor value) {
    this.state = state;
    this.kind = State.Kind.OTHER;
    this.init = Optional.empty();
    this.owner = Optional.empty();
    this.birth = StateScope.outside();
    this.fixed = true;
    this.spread = Spread.SHARED;
    this.path = path;
    this.memory = new StateMemory(value);
  }

  /** Registers, once, how the slot of a state is found. */
  public static void found(Function<State, StateSlot> by) {
    slots = by;
  }

  public static StateSlot of(State s) {
    return slots.apply(s);
  }

  public static List<StateSlot> of(Collection<State> states) {
    return states.stream().map(StateSlot::of).toList();
  }

  public State.Kind kind() {
    return kind;
  }

  /** Returns the role of a graph parameter that stands for a state of this kind. */
  public Role role() {
    return switch (kind) {
      case PARAMETER -> Role.WEIGHT;
      case HIDDEN -> Role.HIDDEN;
      case OTHER -> Role.STATE;
    };
  }

  /**
   * The value says how a model is built, as a list of connections does: runs do not change it, and
   * what a learner is compiled for may depend on it.
   */
  public void structural() {
    structural = true;
  }

  /** Returns the value if it is {@link #structural} and known now. */
  public Optional<HostTensor> structure() {
    return structural
        ? read().filter(v -> !(v instanceof Tracer)).map(Tensor::host)
        : Optional.empty();
  }

  public void spreading(Spread to) {
    spread = to;
  }

  Spread spread() {
    return spread;
  }

  /** {@link State#value}. */
  public Tensor value() {
    return read().orElseThrow(this::noValue);
  }

  /** The value for the running code, which no run writes to any more; empty where there is none. */
  public Optional<Tensor> read() {
    return StateScope.read(state)
        .map(
            c -> {
              Publication.expose(c);
              return c.value();
            });
  }

  /** The value outside of all traces, exposed before it can be replaced. */
  Optional<Cell> exposed() {
    return Publication.settled(
        List.of(this),
        () -> {
          Optional<Cell> now = memory.cell();
          now.ifPresent(Publication::expose);
          return now;
        });
  }

  /** {@link State#set}. */
  public void set(Tensor value) {
    StateScope.expected(state)
        .filter(want -> !want.equals(value.type()))
        .ifPresent(
            want -> {
              throw StateErrors.misfit(this, value.type(), want);
            });
    replace(value);
  }

  /** {@link State#replace}. */
  public void replace(Tensor value) {
    write(new Cell(value, StateScope.mapped(state)));
  }

  /** {@link State#init}. */
  public void init() {
    init.ifPresent(f -> write(new Cell(f.get(), 0)));
  }

  /**
   * Like {@link #init}, for as many examples as the state has: axes of its value in front of those
   * of the initial value are kept. In {@link Engram#vmapNewStates} the only such axes are the new
   * ones.
   */
  public void restart() {
    init.ifPresent(
        f -> {
          Tensor start = f.get();
          Optional<StateScope.Peek> now =
              StateScope.isCollecting() ? Optional.empty() : StateScope.peek(state);
          write(now.map(p -> repeated(start, p)).orElse(new Cell(start, 0)));
        });
  }

  /** Like {@link #restart}, if {@code starts}, {@code bool[]}; else the value stays. */
  public void restartIf(Tensor starts) {
    init.ifPresent(
        f -> {
          Tensor now = value();
          Shape all = now.shape();
          set(starts.broadcastTo(all).select(f.get().broadcastTo(all), now));
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

  /**
   * True when a warning has said that this, or another weight of its model, is no longer finite.
   */
  boolean isLost() {
    return lost;
  }

  /** Remembers that the warning was given. */
  void lose() {
    lost = true;
    watched = Optional.empty();
  }

  /** Lets {@code watch} check the value that is stored next. */
  void watch(Watch watch) {
    watched = Optional.of(watch);
  }

  /** Returns the model that the state was made for. */
  Optional<Model> owner() {
    return owner;
  }

  public boolean hasInit() {
    return init.isPresent();
  }

  /** Returns its type as the running code sees it; empty if it has no value. */
  public Optional<TensorType> knownType() {
    return StateScope.peek(state).map(StateScope.Peek::type);
  }

  /** {@link State#type}. */
  public TensorType type() {
    return knownType().orElseThrow(this::noValue);
  }

  public String path() {
    return path;
  }

  /** Names the state; the longest name wins, since it starts at the outermost model. */
  void named(String at) {
    if (at.length() > path.length()) {
      path = at;
    }
  }

  /** Sets the value for the running code; outside of all traces when nobody else writes it. */
  public void write(Cell c) {
    if (!StateScope.write(state, c)) {
      Publication.write(List.of(this), List.of(c));
    }
  }

  /**
   * Sets the values of these states for the running code; outside of all traces all at once, when
   * nobody else writes any of them.
   */
  public static void write(List<State> states, List<Cell> cells) {
    if (StateScope.isOutside()) {
      Publication.write(of(states), cells);
      return;
    }
    for (int i = 0; i < states.size(); i++) {
      StateScope.write(states.get(i), cells.get(i));
    }
  }

  /** The value outside of all traces. */
  public StateMemory memory() {
    return memory;
  }

  /** Returns the value outside of all traces. */
  public Optional<Cell> stored() {
    return memory.cell();
  }

  /** Sets the value outside of all traces. */
  public void store(Cell c) {
    requireKnown(c);
    Publication.publish(List.of(this), List.of(c));
    look();
  }

  /** A value with as many mapped axes as the state has or had, outside of all traces. */
  Cell like(Tensor value) {
    return new Cell(value, memory.looks().map(StateScope.Peek::mapped).orElse(0));
  }

  /** It is about to get this value, which {@link #look} looks at if the state is watched now. */
  void coming(Cell c) {
    if (watched.isPresent()) {
      Publication.expose(c); // others may write the state again before it is looked at
      due = watched;
      dueCell = c;
      watched = Optional.empty();
    }
  }

  /** Has what watched the state look at the value that it got. */
  void look() {
    if (due.isPresent()) {
      Optional<Watch> watch;
      Cell c;
      synchronized (this) {
        watch = due;
        c = dueCell;
        due = Optional.empty();
        dueCell = null;
      }
      if (watch.isPresent() && c != null) {
        watch.get().look(state, c.value());
      }
    }
  }

  /** Keeps a value from being donated or closed before the state has it. */
  void pin(Cell c) {
    Optional<Storage> storage = Storage.of(c.value());
    if (storage.isEmpty() || !storage.get().pin()) {
      requireKnown(c);
    }
  }

  private void requireKnown(Cell c) {
    Optional<Storage> gone = Storage.of(c.value()).filter(Storage::isGone);
    if (gone.isPresent()) {
      throw StateErrors.gone(this, c.value(), gone.get());
    }
    if (c.value() instanceof Tracer) {
      throw StateErrors.traced(this, c.value());
    }
  }

  /** True when only traced functions can set it. */
  public boolean isFixed() {
    return fixed;
  }

  /** Returns the value outside of all traces, for a reader that keeps no reference to it. */
  public Tensor lend() {
    return memory.cell().orElseThrow(this::noValue).value();
  }

  /** Orders states. */
  long number() {
    return number;
  }

  /** Held by who writes the state. */
  ReentrantLock turn() {
    return turn;
  }

  /** Returns the token of the scope that this state was made in. */
  Object birth() {
    return birth;
  }

  /** As {@link #describe} where its path is known; looks at no model, so locks may be held. */
  String name() {
    return "state " + (path.isEmpty() ? "of kind " + kind : path);
  }

  /** {@code state rnn.layers.0.h}, for errors. */
  public String describe() {
    if (path.isEmpty()) {
      owner.ifPresent(Model::states);
    }
    String name = path.isEmpty() ? "of kind " + kind : path;
    return "state " + name + owner.map(m -> " of " + ModelWalk.className(m)).orElse("");
  }

  /** {@link #describe} with a number, in the order in which states are made. */
  public String numbered() {
    return describe() + " (no. " + number + ")";
  }

  private TraceException noValue() {
    return StateErrors.noValue(this);
  }
}
