package dev.engram.jit;

import dev.engram.ir.runtime.IdlePins;
import dev.engram.state.PinnedStates;
import dev.engram.state.Publication;
import java.lang.ref.Cleaner;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Code that holds the values of the states already, where no state has changed between the last
 * call and this one: then parameters cost a call nothing.
 */
final class BoundCode {
  /** Those that have been bound and are reachable. */
  private static final Set<BoundCode> ALL = Collections.newSetFromMap(new WeakHashMap<>());

  static {
    IdlePins.heldBy(() -> dropOld(Publication.changes()));
  }

  /** Its thread is started for the first code that is bound. */
  private static final class Unreachable {
    static final Cleaner CLEANER = Cleaner.create();
  }

  private final AtomicReference<@Nullable Held> current = new AtomicReference<>();

  private boolean watched;

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
    Held now = current.get();
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
    drop(changes);
    if (changes != unchanged) {
      unchanged = changes;
      return Optional.empty();
    }
    Held now = current.get();
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
      current.set(now);
      dropOld(changes);
      watch();
    }
    return now.hold() ? Optional.of(now) : Optional.empty();
  }

  private static Held held(LoweredCode lowered, PinnedStates states) {
    try {
      return new Held(lowered.bind(states.values()), states);
    } catch (Throwable e) {
      states.close();
      throw e;
    }
  }

  private void watch() {
    if (!watched) {
      watched = true;
      synchronized (ALL) {
        ALL.add(this);
      }
      AtomicReference<@Nullable Held> mine = current;
      Unreachable.CLEANER.register(this, () -> drop(mine));
    }
  }

  /**
   * Functions that are not called any more let go of the values that they were called with last:
   * whoever is bound anew sees to that, and who closes a tensor.
   */
  private static void dropOld(long changes) {
    List<BoundCode> all;
    synchronized (ALL) {
      all = List.copyOf(ALL);
    }
    all.forEach(b -> b.drop(changes));
  }

  private void drop(long changes) {
    Held old = current.get();
    if (old != null && old.states.version() != changes && current.compareAndSet(old, null)) {
      old.close();
    }
  }

  /** Lets go of all that it holds; a later call binds anew. */
  void drop() {
    drop(current);
  }

  private static void drop(AtomicReference<@Nullable Held> current) {
    Held old = current.getAndSet(null);
    if (old != null) {
      old.close();
    }
  }
}
