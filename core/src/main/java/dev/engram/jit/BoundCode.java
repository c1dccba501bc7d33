package dev.engram.jit;

import dev.engram.state.PinnedStates;
import dev.engram.state.Publication;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Code that holds the values of the states already, where no state has changed between the last
 * call and this one: then parameters cost a call nothing.
 */
final class BoundCode {
  private static final VarHandle CURRENT;

  static {
    try {
      CURRENT = MethodHandles.lookup().findVarHandle(BoundCode.class, "current", Held.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Those that have been bound and are reachable. */
  private static final Set<BoundCode> ALL = Collections.newSetFromMap(new WeakHashMap<>());

  private volatile @Nullable Held current;

  /** {@link Publication#changes} at the last call. */
  private volatile long unchanged = -1;

  /** Code with values of one version, which stay pinned until the last that holds it lets go. */
  static final class Held implements AutoCloseable {
    private final LoweredCode code;
    private final PinnedStates states;
    private final AtomicInteger holders = new AtomicInteger(1);

    Held(LoweredCode code, PinnedStates states) {
      this.code = code;
      this.states = states;
    }

    LoweredCode code() {
      return code;
    }

    private boolean hold() {
      int n = holders.get();
      while (n > 0 && !holders.compareAndSet(n, n + 1)) {
        n = holders.get();
      }
      return n > 0;
    }

    @Override
    public void close() {
      if (holders.decrementAndGet() == 0) {
        code.unbind();
        states.close();
      }
    }
  }

  /**
   * The code for the states as they are, to be closed after the run; null where none is bound to
   * them yet.
   */
  @Nullable Held hold() {
    Held now = current;
    if (now == null || !now.hold()) {
      return null;
    }
    if (now.states.version() == Publication.changes()) {
      return now;
    }
    now.close();
    return null;
  }

  /**
   * The same, bound now; empty when states have changed since the last call.
   *
   * @param pinned gives the values, where the code is for states that look as they do
   */
  synchronized Optional<Held> renew(LoweredCode lowered, Supplier<Optional<PinnedStates>> pinned) {
    long changes = Publication.changes();
    Held old = current;
    if (old != null && old.states.version() != changes && CURRENT.compareAndSet(this, old, null)) {
      old.close();
    }
    if (changes != unchanged) {
      unchanged = changes;
      return Optional.empty();
    }
    Held now = current;
    if (now == null) {
      Optional<PinnedStates> states = pinned.get();
      if (states.isEmpty()) {
        return Optional.empty();
      }
      if (states.get().version() != changes) {
        states.get().close();
        return Optional.empty();
      }
      now = held(lowered, states.get());
      current = now;
      dropOld(changes);
    }
    return now.hold() ? Optional.of(now) : Optional.empty();
  }

  private static Held held(LoweredCode lowered, PinnedStates states) {
    try {
      return new Held(lowered.bind(lowered.placed(states.values())), states);
    } catch (RuntimeException | Error e) {
      states.close();
      throw e;
    }
  }

  /**
   * Functions that are not called any more let go of the values that they were called with last:
   * whoever is bound anew sees to that.
   */
  private void dropOld(long changes) {
    synchronized (ALL) {
      for (BoundCode other : ALL) {
        if (!other.equals(this)) {
          other.drop(changes);
        }
      }
      ALL.add(this);
    }
  }

  private void drop(long changes) {
    Held old = current;
    if (old != null && old.states.version() < changes && CURRENT.compareAndSet(this, old, null)) {
      old.close();
    }
  }
}
