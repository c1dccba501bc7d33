package dev.engram.ir;

import dev.engram.ir.checks.Given;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A graph under construction by user code. Traces nest: a value of an enclosing trace, used inside,
 * is captured as an extra parameter. Source lines are taken from the calling code.
 *
 * <p>One thread has one stack of traces; {@link #run} pushes this one for the time of a call.
 */
public final class Trace extends Builder {
  private static final ThreadLocal<Deque<Trace>> STACK = ThreadLocal.withInitial(ArrayDeque::new);

  /**
   * Something from outside that became a parameter of the trace.
   *
   * @param key what was captured: a {@link Tracer} of an enclosing trace, or any object that a
   *     caller of {@link #capture} uses as identity, such as a state
   */
  public record Capture(Object key, Var param) {
    public Capture {
      Given.given("Capture", "key", key);
      Given.given("Capture", "param", param);
    }
  }

  private record OuterValue(Builder builder, Value value) {}

  private final SourceLocation start = SourceLocation.here();
  private final Map<Object, Var> captured = new HashMap<>();
  private final List<Capture> captures = new ArrayList<>();
  private boolean open = true;

  /** Whose innermost traces this is among, for errors in others. */
  private volatile @Nullable Thread running;

  /**
   * A trace of a call that starts here.
   *
   * @param name of the graph
   */
  public Trace(String name) {
    super(name);
  }

  /** The innermost trace of this thread. */
  public static Optional<Trace> current() {
    return Optional.ofNullable(STACK.get().peek());
  }

  /** Runs {@code body} with this trace as the innermost one. */
  public <R> R run(Supplier<R> body) {
    Given.given("Trace.run", "body", body);
    Deque<Trace> stack = STACK.get();
    Thread before = running;
    stack.push(this);
    running = Thread.currentThread();
    try {
      return body.get();
    } finally {
      running = before;
      stack.pop();
    }
  }

  /** Adds a parameter and gives it as a tensor. */
  public Tracer input(TensorType type, Role role, String path) {
    return tracer(param(type, role, path));
  }

  /** The parameter that stands for {@code key}, added on first use. */
  public Tracer capture(Object key, TensorType type, Role role, String path) {
    Var v =
        captured.computeIfAbsent(
            key,
            k -> {
              Var fresh = param(type, role, path);
              captures.add(new Capture(k, fresh));
              return fresh;
            });
    return tracer(v);
  }

  /** True when {@code key} has been captured. */
  public boolean hasCaptured(Object key) {
    Given.given("Trace.hasCaptured", "key", key);
    return captured.containsKey(key);
  }

  /** What was captured, in order of first use; keys of outer values are {@link Tracer}s. */
  public List<Capture> captures() {
    return List.copyOf(captures);
  }

  @Override
  SourceLocation line() {
    SourceLocation fixed = super.line();
    return fixed.isKnown() ? fixed : SourceLocation.here();
  }

  @Override
  Value liftForeign(Tracer x) {
    requireOpen(x);
    OuterValue key = new OuterValue(x.builder(), x.value());
    Var known = captured.get(key);
    if (known == null) {
      known = param(x.type(), Role.INPUT, "");
      captured.put(key, known);
      captures.add(new Capture(x, known));
    }
    return known;
  }

  /** {@inheritDoc} Tracers of this trace are dead afterwards. */
  @Override
  public Graph build(List<? extends Value> outs) {
    Given.all("Trace.build", "outs", outs);
    open = false;
    return super.build(outs);
  }

  /**
   * Where an op on {@code operands} is to be recorded: the pass's own builder when one of them
   * belongs to a pass, else the innermost trace; empty when everything is known and the op runs at
   * once.
   */
  static Optional<Builder> target(List<Tensor> operands) {
    boolean traced = false;
    for (Tensor t : operands) {
      if (t instanceof Tracer x) {
        if (!(x.builder() instanceof Trace)) {
          return Optional.of(x.builder());
        }
        requireOpen(x);
        traced = true;
      }
    }
    return traced ? Optional.ofNullable(STACK.get().peek()) : Optional.empty();
  }

  private static void requireOpen(Tracer x) {
    if (x.builder() instanceof Trace t && !(t.open && STACK.get().contains(t))) {
      throw new TraceException(
          "a value of type "
              + x.type()
              + " made while tracing @"
              + t.name()
              + " (traced at "
              + t.start
              + ") is used at "
              + SourceLocation.here()
              + t.misuse());
    }
  }

  private String misuse() {
    Thread other = running;
    return other == null || other == Thread.currentThread()
        ? ", after that trace has ended; return it from the traced function, or keep it in a State"
        : " in the thread "
            + Thread.currentThread().getName()
            + ", while "
            + other.getName()
            + " traces; compute it in the thread that runs the traced function";
  }
}
