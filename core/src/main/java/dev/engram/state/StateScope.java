package dev.engram.state;

import dev.engram.Engram;
import dev.engram.State;
import dev.engram.ir.EngramException;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.Tracer;
import dev.engram.ir.TypeException;
import dev.engram.ir.runtime.RowCode;
import dev.engram.state.StateSlot.Cell;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The values of states while user code runs inside a transformation. Scopes nest like the
 * transformations. A failed trace drops its scope, so no state keeps a tracer.
 *
 * <p>A scope with a trace turns every state that is read before it is written into a parameter. A
 * scope without one only collects the writes.
 */
public final class StateScope {
  private static final ThreadLocal<@Nullable StateScope> CURRENT = new ThreadLocal<>();
  private static final Object OUTSIDE = new Object();

  /** The type of a state's value as seen in a scope, and the number of its mapped axes there. */
  public record Peek(TensorType type, int mapped) {}

  private final Optional<StateScope> parent = Optional.ofNullable(CURRENT.get());
  private final Optional<Trace> trace;
  private final boolean mapping;
  private final Object token = new Object();
  private OptionalInt mapSize;
  private final Map<State, Cell> cells = new LinkedHashMap<>();
  private final Map<State, Optional<Peek>> looked = new LinkedHashMap<>();
  private final Map<State, Integer> lookedMapped = new LinkedHashMap<>();
  private final Set<State> written = new LinkedHashSet<>();

  private StateScope(Optional<Trace> trace, boolean mapping, OptionalInt mapSize) {
    this.trace = trace;
    this.mapping = mapping;
    this.mapSize = mapSize;
  }

  /** Makes a scope in which reads become parameters of {@code trace}. */
  public static StateScope tracing(Trace trace) {
    return new StateScope(Optional.of(trace), false, OptionalInt.empty());
  }

  /**
   * Like {@link #tracing}, with the outermost mapped axis of every mapped state hidden. Its length
   * is {@code size}, or that of the first mapped state.
   */
  public static StateScope mapping(Trace trace, OptionalInt size) {
    return new StateScope(Optional.of(trace), true, size);
  }

  /** Makes a scope that only collects writes. */
  static StateScope collecting() {
    return new StateScope(Optional.empty(), false, OptionalInt.empty());
  }

  public <R> R run(Supplier<R> body) {
    StateScope before = CURRENT.get();
    CURRENT.set(this);
    try {
      return trace.isPresent() ? trace.get().run(body) : body.get();
    } finally {
      CURRENT.set(before);
    }
  }

  /** True when no transformation is running. */
  public static boolean isOutside() {
    return CURRENT.get() == null;
  }

  /**
   * @param what is called, for the error
   * @throws EngramException inside a transformation
   */
  static void requireOutside(String what) {
    if (!isOutside()) {
      throw new EngramException(
          "%s: called inside a transformation, where states have no elements yet; call it outside (%s)"
              .formatted(what, SourceLocation.here()));
    }
  }

  /**
   * Refuses what the function of a row must not do with states.
   *
   * @param what is done, such as {@code is read}
   */
  static void refuseInRows(List<StateSlot> states, String what) {
    if (RowCode.isRunning() && !states.isEmpty()) {
      refuseInRows(states.getFirst(), what);
    }
  }

  static void refuseInRows(StateSlot s, String what) {
    if (RowCode.isRunning()) {
      throw RowCode.refused(s.describe() + " " + what);
    }
  }

  /** Returns the value and mapped axes of {@code s} as the running code sees them. */
  public static Optional<Cell> read(State s) {
    refuseInRows(StateSlot.of(s), "is read");
    StateScope f = CURRENT.get();
    return f == null ? StateSlot.of(s).exposed() : f.get(s);
  }

  /** Returns the type and mapped axes that {@link #read} would see, without making a parameter. */
  public static Optional<Peek> peek(State s) {
    StateScope f = CURRENT.get();
    return f == null ? stored(s) : f.look(s);
  }

  /** Returns the number of mapped axes of a new value of {@code s} in the running code. */
  static int mapped(State s) {
    StateScope f = CURRENT.get();
    return isNew(s) ? 0 : f == null ? storedMapped(s) : f.lookAtMapped(s);
  }

  /** True in a collecting scope, for a state that has not been written in it yet. */
  private static boolean isNew(State s) {
    StateScope f = CURRENT.get();
    return f != null && f.trace.isEmpty() && !f.cells.containsKey(s);
  }

  /**
   * Returns the type that a new value of {@code s} must have in the running code; empty if it has
   * no value. In a collecting scope, a state that has not been written yet may get any type.
   */
  static Optional<TensorType> expected(State s) {
    StateScope f = CURRENT.get();
    return isNew(s) ? Optional.empty() : (f == null ? stored(s) : f.expecting(s)).map(Peek::type);
  }

  /** True in {@link Engram#vmapNewStates}. */
  static boolean isCollecting() {
    StateScope f = CURRENT.get();
    return f != null && f.trace.isEmpty();
  }

  /** Records a write; returns false when there is no scope. */
  static boolean write(State s, Cell c) {
    StateScope f = CURRENT.get();
    if (f == null) {
      return false;
    }
    refuseInRows(StateSlot.of(s), "is set");
    f.cells.put(s, c);
    f.written.add(s);
    return true;
  }

  /** True for the token of a scope, as opposed to {@link #outside}. */
  static boolean isTrace(Object token) {
    return token != OUTSIDE;
  }

  /** Returns the token of code outside of all scopes. */
  static Object outside() {
    return OUTSIDE;
  }

  /** True when the innermost trace is that of user code, rather than of an op's own rule. */
  public static boolean isOfUser(Trace innermost) {
    Optional<StateScope> f = Optional.ofNullable(CURRENT.get());
    while (f.isPresent() && f.get().trace.isEmpty()) {
      f = f.get().parent;
    }
    return f.isPresent() && f.get().trace.equals(Optional.of(innermost));
  }

  /**
   * Returns the token of the innermost scope with a trace: states made in it end with that trace.
   */
  static Object token() {
    Optional<StateScope> f = Optional.ofNullable(CURRENT.get());
    while (f.isPresent() && f.get().trace.isEmpty()) {
      f = f.get().parent;
    }
    return f.map(x -> x.token).orElse(OUTSIDE);
  }

  /** Returns the value of {@code s} in this scope, captured from the enclosing one on first use. */
  public Optional<Cell> get(State s) {
    Cell known = cells.get(s);
    if (known != null) {
      return Optional.of(known);
    }
    if (trace.isEmpty()) {
      return parent.isPresent() ? parent.get().get(s) : StateSlot.of(s).exposed();
    }
    Optional<Cell> fresh = entering(s).map(p -> new Cell(capture(s), p.mapped()));
    fresh.ifPresent(c -> cells.put(s, c));
    return fresh;
  }

  /**
   * Makes a parameter for the value that {@code s} has outside of this scope, unless there is one.
   */
  public Tracer capture(State s) {
    Peek p = entering(s).orElseThrow();
    return trace.orElseThrow().capture(s, p.type(), StateSlot.of(s).role(), s.path());
  }

  private Optional<Peek> look(State s) {
    Cell known = cells.get(s);
    if (known != null) {
      return Optional.of(new Peek(known.value().type(), known.mapped()));
    }
    looked.putIfAbsent(s, outside(s));
    return entering(s);
  }

  // Absence is not recorded: code that sets a state need not be retraced because it has a value
  // now.
  private Optional<Peek> expecting(State s) {
    Cell known = cells.get(s);
    if (known != null) {
      return Optional.of(new Peek(known.value().type(), known.mapped()));
    }
    Optional<Peek> outer = parent.isPresent() ? parent.get().expecting(s) : stored(s);
    outer.ifPresent(_ -> looked.putIfAbsent(s, outer));
    return mapping ? outer.map(p -> strip(s, p)) : outer;
  }

  private int lookAtMapped(State s) {
    Cell known = cells.get(s);
    if (known != null) {
      return known.mapped();
    }
    int around = parent.isPresent() ? parent.get().lookAtMapped(s) : storedMapped(s);
    lookedMapped.putIfAbsent(s, around);
    return mapping ? enteringMapped(s) : around;
  }

  /**
   * Snapshots what code in this scope observed of lasting states besides their values, on which the
   * trace therefore depends: types or absence, and the mapped axes of states that were written
   * without being read.
   *
   * @return true as long as all of this is unchanged outside of all scopes
   */
  public BooleanSupplier looks() {
    Map<State, Optional<Peek>> types = new LinkedHashMap<>(looked);
    Map<State, Integer> axes = new LinkedHashMap<>(lookedMapped);
    types.keySet().removeIf(s -> isTrace(StateSlot.of(s).birth()));
    axes.keySet().removeIf(s -> isTrace(StateSlot.of(s).birth()));
    return () ->
        types.entrySet().stream().allMatch(e -> stored(e.getKey()).equals(e.getValue()))
            && axes.entrySet().stream().allMatch(e -> storedMapped(e.getKey()) == e.getValue());
  }

  /** Returns what this scope sees of {@code s} before writing it. */
  public Optional<Peek> entering(State s) {
    Optional<Peek> outer = outside(s);
    return mapping ? outer.map(p -> strip(s, p)) : outer;
  }

  private Peek strip(State s, Peek p) {
    if (p.mapped() == 0) {
      return p;
    }
    Shape shape = p.type().shape();
    int size = mapSize.orElse(shape.dim(0));
    if (shape.dim(0) != size) {
      throw new TypeException(
          StateSlot.of(s).describe()
              + " is mapped and has type "
              + p.type()
              + ", expected length "
              + size
              + " on axis 0, the length of the mapped inputs ("
              + SourceLocation.here()
              + "); compile the learner for that many examples with Learner.compile, or set the"
              + " states in Engram.vmapNewStates("
              + size
              + ", ...)");
    }
    mapSize = OptionalInt.of(size);
    return new Peek(p.type().with(shape.range(1, shape.rank())), p.mapped() - 1);
  }

  /**
   * Returns type and mapped axes of {@code s} outside of this scope; empty if it has no value
   * there.
   */
  public Optional<Peek> outside(State s) {
    return parent.isPresent() ? parent.get().look(s) : stored(s);
  }

  private static int storedMapped(State s) {
    return stored(s).map(Peek::mapped).orElse(0);
  }

  private static Optional<Peek> stored(State s) {
    return StateSlot.of(s).stored().map(c -> new Peek(c.value().type(), c.mapped()));
  }

  public int enteringMapped(State s) {
    return entering(s).map(Peek::mapped).orElse(0);
  }

  /** Returns the states written here that outlive this scope, in order of first write. */
  public List<State> written() {
    List<State> out = new ArrayList<>();
    for (State s : written) {
      if (!StateSlot.of(s).birth().equals(token)) {
        out.add(s);
      }
    }
    return out;
  }

  /** Returns the length of the mapped axis, if known. */
  public OptionalInt mapSize() {
    return mapSize;
  }

  public Tensor current(State s) {
    return get(s).orElseThrow().value();
  }

  public int currentMapped(State s) {
    return get(s).orElseThrow().mapped();
  }
}
