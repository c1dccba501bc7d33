package dev.engram.state;

import dev.engram.Engram;
import dev.engram.State;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.Tracer;
import dev.engram.ir.TypeException;
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
 * What states hold while user code runs inside a transformation. Frames nest as the transformations
 * do. A failed trace drops its frame, so no state keeps a value of it.
 *
 * <p>A frame with a trace makes a parameter of every state that is read before it is written. A
 * frame without one only collects the writes.
 */
public final class StateScope {
  private static final ThreadLocal<@Nullable StateScope> CURRENT = new ThreadLocal<>();
  private static final Object OUTSIDE = new Object();

  /** Type of a state's value as a frame sees it, and how many mapped axes it has there. */
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

  /** Reads become parameters of {@code trace}. */
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

  /** Collects writes. */
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

  /** Value and mapped axes of {@code s} for the running code. */
  public static Optional<Cell> read(State s) {
    StateScope f = CURRENT.get();
    return f == null ? StateSlot.of(s).stored() : f.get(s);
  }

  /** Like {@link #read}, without making a parameter. */
  public static Optional<Peek> peek(State s) {
    StateScope f = CURRENT.get();
    return f == null ? stored(s) : f.look(s);
  }

  /** How many mapped axes a new value of {@code s} has for the running code. */
  static int mapped(State s) {
    StateScope f = CURRENT.get();
    return isNew(s) ? 0 : f == null ? storedMapped(s) : f.lookAtMapped(s);
  }

  /** True in a frame that collects, for a state that is not written there yet. */
  private static boolean isNew(State s) {
    StateScope f = CURRENT.get();
    return f != null && f.trace.isEmpty() && !f.cells.containsKey(s);
  }

  /**
   * The type that a new value of {@code s} must have in the running code; empty where it has none.
   * In a frame that collects, a state that is not written yet may get any: it is a new one.
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

  /** False when no frame is there to take the write. */
  static boolean write(State s, Cell c) {
    StateScope f = CURRENT.get();
    if (f == null) {
      return false;
    }
    f.cells.put(s, c);
    f.written.add(s);
    return true;
  }

  /** True for the token of a frame that has to end. */
  static boolean isTrace(Object token) {
    return token != OUTSIDE;
  }

  /** The token of no frame. */
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

  /** Names the innermost frame that ends with its trace: states made in it end there, too. */
  static Object token() {
    Optional<StateScope> f = Optional.ofNullable(CURRENT.get());
    while (f.isPresent() && f.get().trace.isEmpty()) {
      f = f.get().parent;
    }
    return f.map(x -> x.token).orElse(OUTSIDE);
  }

  /** The value of {@code s}, which this frame has seen or its surroundings have. */
  public Optional<Cell> get(State s) {
    Cell known = cells.get(s);
    if (known != null) {
      return Optional.of(known);
    }
    if (trace.isEmpty()) {
      return parent.isPresent() ? parent.get().get(s) : StateSlot.of(s).stored();
    }
    Optional<Cell> fresh = entering(s).map(p -> new Cell(capture(s), p.mapped()));
    fresh.ifPresent(c -> cells.put(s, c));
    return fresh;
  }

  /**
   * Makes a parameter of the value that {@code s} has around this frame, unless it is one already.
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

  // Absence is not noted: what sets a state need not run again because it has a value now.
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
   * What code in this frame has seen of lasting states besides their values, so that it may do
   * something else when that has changed: types or absence, and the mapped axes of states that were
   * written unread.
   *
   * @return true for as long as it is the same outside of all frames
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

  /** What {@code s} is for this frame before it is written here. */
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
              + "); compile the learner for as many examples with Learner.compile, or set the"
              + " states in Engram.vmapNewStates("
              + size
              + ", ...)");
    }
    mapSize = OptionalInt.of(size);
    return new Peek(p.type().with(shape.range(1, shape.rank())), p.mapped() - 1);
  }

  /** Mapped axes of {@code s} around this frame; empty when it has no value there. */
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

  /** States written here that outlive this frame, in order of first write. */
  public List<State> written() {
    List<State> out = new ArrayList<>();
    for (State s : written) {
      if (!StateSlot.of(s).birth().equals(token)) {
        out.add(s);
      }
    }
    return out;
  }

  /** Length of the mapped axis, where known. */
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
