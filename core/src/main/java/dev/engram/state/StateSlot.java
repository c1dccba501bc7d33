package dev.engram.state;

import dev.engram.Engram;
import dev.engram.Model;
import dev.engram.State;
import dev.engram.Vmap;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.RunException;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import dev.engram.ir.Tracer;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.lower.Device;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;

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

    private boolean looksLike(Cell other) {
      return mapped == other.mapped && value.type().equals(other.value.type());
    }
  }

  /** Checks the value that a state is set to. */
  @FunctionalInterface
  interface Watch {
    void look(State state, Tensor value);
  }

  /** Counts the changes of all states, so that a program need not check each of its own. */
  private static final AtomicLong CHANGES = new AtomicLong();

  /** Counts the changes of what states look like: whether they have a value, its type and axes. */
  private static final AtomicLong LOOKS = new AtomicLong();

  /** Held while values are taken or set, for some instructions: so all readers see one version. */
  static final Object PUBLISHING = new Object();

  /** Runs that read slowly keep so many earlier values from being used again. */
  private static final int MOST_SPARES = 3;

  /**
   * So many writes after a thread that does not write it has read a state, it counts as no thread's
   * but the writer's again. A reader waits for a value that is written over at most so seldom.
   */
  private static final int SHARED_WRITES = 1000;

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
  private volatile Optional<Cell> cell = Optional.empty();
  private volatile String path = "";

  /** True when the user has been told that it is not finite any more. */
  private volatile boolean lost;

  /** What looks at the next value. */
  private volatile Optional<Watch> watched = Optional.empty();

  private Spread spread = Spread.COPIES;

  /** Earlier values, for later ones; some may still be read by slow runs. */
  private final List<Tensor> spares = new ArrayList<>(0);

  /** The thread that set it last; threads are numbered from 1 on. */
  private long writer;

  /** Writes left until it counts as the writer's alone. */
  private int shared;

  /** The thread whose run writes the next value over the value now; 0 for none. */
  private long updating;

  /** Why it has no value, where a run that wrote it in place has failed. */
  private volatile Optional<Throwable> broken = Optional.empty();

  public StateSlot(
      State state, State.Kind kind, Optional<Supplier<Tensor>> init, Optional<Model> owner) {
    this.state = state;
    this.kind = kind;
    this.init = init;
    this.owner = owner;
    this.birth = StateScope.token();
    this.fixed = false;
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
    this.cell = Optional.of(new Cell(value, 0));
    value.storage().hold();
  }

  /** Registers, once, how the slot of a state is found. */
  public static void found(Function<State, StateSlot> by) {
    slots = by;
  }

  public static StateSlot of(State s) {
    return slots.apply(s);
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
    Optional<Cell> now = StateScope.isOutside() ? exposed() : StateScope.read(state);
    now.ifPresent(c -> expose(c.value()));
    return now.map(Cell::value);
  }

  /** The value outside of all traces, exposed before it can be replaced. */
  Optional<Cell> exposed() {
    return settled(
        List.of(state),
        () -> {
          cell.ifPresent(c -> expose(c.value()));
          return cell;
        });
  }

  private static void expose(Tensor value) {
    Storage.of(value).ifPresent(Storage::expose);
  }

  /** {@link State#set}. */
  public void set(Tensor value) {
    StateScope.expected(state)
        .filter(want -> !want.equals(value.type()))
        .ifPresent(
            want -> {
              throw misfit(value.type(), want);
            });
    replace(value);
  }

  /** {@link State#replace}. */
  public void replace(Tensor value) {
    write(new Cell(value, StateScope.mapped(state)));
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
    write(List.of(state), List.of(c));
  }

  /**
   * Sets the values of these states for the running code; outside of all traces all at once, when
   * nobody else writes any of them.
   */
  public static void write(List<State> states, List<Cell> cells) {
    if (!StateScope.isOutside()) {
      for (int i = 0; i < states.size(); i++) {
        StateScope.write(states.get(i), cells.get(i));
      }
      return;
    }
    int pinned = 0;
    try {
      for (; pinned < states.size(); pinned++) {
        of(states.get(pinned)).pin(cells.get(pinned));
        expose(cells.get(pinned).value());
      }
      Turns turns = Turns.of(states);
      turns.take();
      try {
        publish(states, cells);
      } finally {
        turns.leave();
      }
    } finally {
      for (int i = 0; i < pinned; i++) {
        Storage.of(cells.get(i).value()).orElseThrow().unpin();
      }
    }
    look(states, cells);
  }

  /** Returns the value outside of all traces. */
  public Optional<Cell> stored() {
    return cell;
  }

  /** Sets the value outside of all traces. */
  public void store(Cell c) {
    requireKnown(c);
    synchronized (PUBLISHING) {
      put(c);
    }
    look(c);
  }

  /**
   * Runs {@code body} while no state gets another value. For some instructions of the library's
   * own: it must call no code of users.
   */
  public static <R> R published(Supplier<R> body) {
    synchronized (PUBLISHING) {
      return body.get();
    }
  }

  /**
   * The same, for who looks at the values of {@code states}: waits first until no other thread
   * writes one of them in place. That is soon, so an interrupt does not end it.
   */
  public static <R> R settled(Collection<State> states, Supplier<R> body) {
    synchronized (PUBLISHING) {
      states.forEach(s -> of(s).noteReader());
      boolean interrupted = false;
      try {
        for (Optional<StateSlot> busy = busy(states); busy.isPresent(); busy = busy(states)) {
          interrupted |= busy.get().await();
        }
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
      return body.get();
    }
  }

  private static Optional<StateSlot> busy(Collection<State> states) {
    for (State s : states) {
      if (of(s).updating != 0) {
        return Optional.of(of(s));
      }
    }
    return Optional.empty();
  }

  /** This thread is who writes these states now. Only for who has their turns. */
  public static void writing(Collection<State> states) {
    synchronized (PUBLISHING) {
      states.forEach(s -> of(s).writer = Thread.currentThread().threadId());
    }
  }

  private void noteReader() {
    if (writer != Thread.currentThread().threadId()) {
      shared = SHARED_WRITES;
    }
  }

  /** Returns whether it was interrupted meanwhile. */
  private boolean await() {
    if (updating == Thread.currentThread().threadId()) {
      throw new RunException(
          name() + " is read by the code of a program that is writing it; rows must not do that");
    }
    boolean interrupted = false;
    while (updating != 0) {
      try {
        PUBLISHING.wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    return interrupted;
  }

  /**
   * Begins to write the next value over the value, which the run has pinned, where nobody else can
   * see that and no other thread has read it lately. It ends when the next value is published, or
   * with {@link #unchanged} or {@link #broken}. Only for who has the turn, and while values are
   * {@link #published}.
   *
   * @return whether it has begun; else the value must not be written over
   */
  public boolean update() {
    if (shared > 0) {
      shared--;
      return false;
    }
    if (fixed
        || !cell.flatMap(c -> Storage.of(c.value())).map(Storage::isForOneRun).orElse(false)) {
      return false;
    }
    updating = Thread.currentThread().threadId();
    spares.clear();
    return true;
  }

  /** Ends the {@link #update} of those of {@code states} that nothing has been written to. */
  public static void unchanged(Collection<State> states) {
    synchronized (PUBLISHING) {
      states.forEach(s -> of(s).updating = 0);
      PUBLISHING.notifyAll();
    }
  }

  /** Takes their values from states whose {@link #update} has failed. */
  public static void broken(Collection<State> states, Throwable cause) {
    synchronized (PUBLISHING) {
      for (State s : states) {
        StateSlot slot = of(s);
        slot.updating = 0;
        slot.broken = Optional.of(cause);
        slot.cell.flatMap(c -> Storage.of(c.value())).ifPresent(Storage::release);
        slot.cell = Optional.empty();
        CHANGES.incrementAndGet();
        LOOKS.incrementAndGet();
      }
      PUBLISHING.notifyAll();
    }
  }

  /**
   * Sets the values of all these states at once, outside of all traces: no reader sees one without
   * the others. Only for who has their turns; {@link #look} comes after these.
   */
  public static void publish(List<State> states, List<Cell> cells) {
    published(
        () -> {
          put(states, cells);
          return cells;
        });
  }

  /** Sets the values. Only while they are {@link #published}. */
  static void put(List<State> states, List<Cell> cells) {
    for (int i = 0; i < states.size(); i++) {
      of(states.get(i)).put(cells.get(i));
    }
    PUBLISHING.notifyAll();
  }

  /** Has what watches these states look at their new values. */
  public static void look(List<State> states, List<Cell> cells) {
    for (int i = 0; i < states.size(); i++) {
      of(states.get(i)).look(cells.get(i));
    }
  }

  /** A value with as many mapped axes as the state has, outside of all traces. */
  Cell like(Tensor value) {
    return new Cell(value, StateScope.mapped(state));
  }

  private void put(Cell c) {
    updating = 0;
    if (fixed) {
      return;
    }
    if (watched.isPresent()) {
      expose(c.value()); // it is looked at when others may write the state again
    }
    Storage.of(c.value()).ifPresent(Storage::hold);
    Optional<Cell> old = cell;
    writer = Thread.currentThread().threadId();
    broken = Optional.empty();
    cell = Optional.of(c);
    old.ifPresent(this::retire);
    CHANGES.incrementAndGet();
    if (old.filter(was -> was.looksLike(c)).isEmpty()) {
      LOOKS.incrementAndGet();
    }
  }

  /** The memory of a value that nobody else can see is there for later ones. */
  private void retire(Cell old) {
    Storage.of(old.value()).ifPresent(Storage::release);
    if (Storage.of(old.value())
        .filter(s -> s.isOwned() && !s.isExposed() && !s.isHeld())
        .isPresent()) {
      if (spares.size() == MOST_SPARES) {
        spares.removeFirst();
      }
      spares.add(old.value());
    }
  }

  /**
   * Memory for a value that a program is about to compute: that of an earlier value which nobody
   * sees any more. Only for who has the turn, and while values are {@link #published}.
   */
  public Optional<Tensor> spare(TensorType type, Device device) {
    Optional<Tensor> free = Optional.empty();
    for (int i = spares.size() - 1; i >= 0; i--) {
      Tensor t = spares.get(i);
      Storage s = Storage.of(t).orElseThrow();
      // Asked first: a run that exposes what it reads does so before it lets it go.
      boolean pinned = s.isPinned();
      if (!t.type().equals(type) || s.isExposed() || s.isGone() || !device.holds(t)) {
        spares.remove(i);
      } else if (!pinned) {
        spares.remove(i);
        free = Optional.of(t);
      }
    }
    return free;
  }

  /** True when the value outside of all traces lies on {@code device}; false without a value. */
  public boolean liesOn(Device device) {
    return cell.filter(c -> device.holds(c.value())).isPresent();
  }

  /**
   * Has {@code copy} instead of {@code value}, whose elements it has, if that is the value still.
   */
  @SuppressWarnings("ReferenceEquality") // it is about this very value
  void move(Tensor value, Tensor copy) {
    synchronized (PUBLISHING) {
      if (updating == 0 && cell.filter(c -> c.value() == value).isPresent()) {
        long last = writer;
        put(new Cell(copy, cell.orElseThrow().mapped()));
        writer = last;
      }
    }
  }

  private void look(Cell c) {
    Optional<Watch> watch = watched;
    if (watch.isPresent() && !fixed) {
      watched = Optional.empty();
      watch.get().look(state, c.value());
    }
  }

  /** Keeps a value from being donated or closed before the state has it. */
  private void pin(Cell c) {
    Optional<Storage> storage = Storage.of(c.value());
    if (storage.isEmpty() || !storage.get().pin()) {
      requireKnown(c);
    }
  }

  private void requireKnown(Cell c) {
    Optional<Storage> gone = Storage.of(c.value()).filter(Storage::isGone);
    if (gone.isPresent()) {
      throw new TraceException(
          describe()
              + " is set to a tensor of type "
              + c.value().type()
              + (gone.get().isClosed()
                      ? " that was closed (%s); set it before, and close it when the state has"
                          + " another value"
                      : " whose memory was donated (%s); set it to the result of that call, or call"
                          + " the function without donating")
                  .formatted(SourceLocation.here()));
    }
    if (c.value() instanceof Tracer) {
      throw new TraceException(
          describe()
              + " cannot be set to a traced value of type "
              + c.value().type()
              + " outside of its trace ("
              + SourceLocation.here()
              + "); set it inside the traced function, or return the value from it");
    }
  }

  /** Returns a count that is unchanged as long as no state outside of traces changes. */
  public static long changes() {
    return CHANGES.get();
  }

  /**
   * Returns a count that is unchanged as long as all states outside of traces have values of the
   * same types and with the same mapped axes.
   */
  public static long looks() {
    return LOOKS.get();
  }

  /** True when only traced functions can set it. */
  public boolean isFixed() {
    return fixed;
  }

  /** Returns the value outside of all traces, for a reader that keeps no reference to it. */
  public Tensor lend() {
    return cell.orElseThrow(this::noValue).value();
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
  private String name() {
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

  private TraceException noValue() {
    if (broken.isPresent()) {
      return new TraceException(
          "%s is read at %s but a run that was writing it has failed (%s); set, load or initialize it again"
              .formatted(describe(), SourceLocation.here(), broken.get()),
          broken.get());
    }
    String fix =
        StateScope.isTrace(birth)
            ? "it was made in a traced function and ended with it; make it outside, or return its"
                + " value"
            : init.isPresent()
                ? "call initAllStates() first on the model that holds it in a field, such as"
                    + " model.initAllStates()"
                : "give it a value with set(...) first";
    return new TraceException(
        describe() + " is read at " + SourceLocation.here() + " but has no value; " + fix);
  }
}
