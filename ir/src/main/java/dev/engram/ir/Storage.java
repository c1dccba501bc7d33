package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.runtime.IdlePins;
import dev.engram.ir.runtime.Log;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory of a tensor, which all views of it share, and what is known of who may see it.
 *
 * <p>Whoever makes results writes to memory only that nobody can see: it is not {@linkplain
 * #isExposed() exposed}, not {@linkplain #isPinned() pinned}, and not {@linkplain #isHeld() held}
 * by a state but the one whose next value is written over it.
 */
public abstract class Storage {
  private static final long RUN = 1;
  private static final long RUNS = (1L << 32) - 1;
  private static final long STATE = 1L << 32;
  private static final long STATES = (1L << 61) - STATE;
  private static final long ABANDONED = 1L << 61;
  private static final long CLOSED = 1L << 62;
  private static final long DONATED = 1L << 63;
  private static final long GONE = CLOSED | DONATED;

  /**
   * How many runs read it, how many states have it, and whether it is abandoned, closed or donated.
   * In one word, so that none begins to use it while it is given away.
   */
  private final AtomicLong uses = new AtomicLong();

  private volatile boolean exposed;

  /** For what allocates memory, on the host or on a device. */
  protected Storage() {}

  /** The memory of {@code t}; empty for a traced tensor, which has none. */
  public static Optional<Storage> of(Tensor t) {
    return switch (Given.given("Storage.of", "t", t)) {
      case HostTensor h -> Optional.of(h.storage());
      case DeviceTensor d -> Optional.of(d.storage());
      case Tracer _ -> Optional.empty();
    };
  }

  /** Where it lies: {@code host}, or the name of a device such as {@code cuda:0}. */
  public abstract String device();

  /** True when the library has allocated the memory, so that nobody else can write to it. */
  public abstract boolean isOwned();

  /** True when a user may hold a tensor of it: it is never written again. */
  public final boolean isExposed() {
    return exposed;
  }

  /** A user gets a tensor of it. */
  public final void expose() {
    exposed = true;
  }

  /** True when a state has it. */
  public final boolean isHeld() {
    return (uses.get() & STATES) != 0;
  }

  /**
   * True when a run that reads it may write over it: one state has it, that run alone reads it, and
   * no user sees it.
   */
  public final boolean isForOneRun() {
    // In this order: another run that exposes what it reads does so before it lets it go.
    return isOwned() && uses.get() == (STATE | RUN) && !exposed;
  }

  /** A state has it now. Holders are counted. */
  public final void hold() {
    uses.addAndGet(STATE);
  }

  /** A state that had it has another value. */
  public final void release() {
    long before = uses.getAndAdd(-STATE);
    if ((before & STATES) == 0) {
      throw new IllegalStateException("released more often than held");
    }
    if (before == (ABANDONED | STATE)) {
      freeAbandoned();
    }
  }

  /**
   * The library needs it no more: unless a user may hold a tensor of it, the memory is given back
   * at once, or when the last run that reads it and the last state that has it let it go.
   */
  public final void abandon() {
    uses.getAndUpdate(now -> now | ABANDONED);
    freeAbandoned();
  }

  private void freeAbandoned() {
    // In this order: a run that exposes what it reads does so before it lets it go.
    if (uses.get() == ABANDONED && !exposed && uses.compareAndSet(ABANDONED, CLOSED)) {
      giveBack();
    }
  }

  /** True when the memory belongs to another storage: tensors of this one cannot be read. */
  public final boolean isDonated() {
    return (uses.get() & DONATED) != 0;
  }

  /** True when the memory has been given back: tensors of it cannot be read. */
  public final boolean isClosed() {
    return (uses.get() & CLOSED) != 0;
  }

  /** True when tensors of it cannot be read: it is donated or closed. */
  public final boolean isGone() {
    return (uses.get() & GONE) != 0;
  }

  /**
   * The memory belongs to another storage from now on, unless a run reads it, a state has it, or it
   * is gone already.
   *
   * @return whether it was given
   */
  final boolean donate() {
    long now = usesOfRuns();
    while ((now & (GONE | RUNS | STATES)) == 0 && !uses.compareAndSet(now, now | DONATED)) {
      now = uses.get();
    }
    return (now & (GONE | RUNS | STATES)) == 0;
  }

  /** The same, and the memory is free at once. */
  final boolean donateToDevice() {
    boolean given = donate();
    if (given) {
      giveBack();
    }
    return given;
  }

  /** Pins that no run needs are let go of first. */
  private long usesOfRuns() {
    if (isPinned()) {
      IdlePins.letGo();
    }
    return uses.get();
  }

  /**
   * Gives the memory back; nothing where that was done before.
   *
   * @param type of the tensor that is closed, for errors
   * @throws TraceException while a run reads it or a state has it, or when it was donated
   */
  final void close(TensorType type) {
    while (true) {
      long now = usesOfRuns();
      if ((now & CLOSED) != 0) {
        return;
      }
      if ((now & ~ABANDONED) != 0) {
        throw new TraceException(
            "a tensor of type "
                + type
                + " is closed "
                + user(now).formatted(SourceLocation.here()));
      }
      if (uses.compareAndSet(now, CLOSED)) {
        giveBack();
        return;
      }
    }
  }

  private static String user(long uses) {
    return (uses & DONATED) != 0
        ? "after its memory was donated (%s); it belongs to the results of that call: close these"
        : (uses & STATES) != 0
            ? "while a state has it (%s); set the state to another value first"
            : "while a program reads it (%s); close it when what reads it has returned";
  }

  // Nobody needs the memory: what goes wrong is no fault of who let go of it last.
  private void giveBack() {
    try {
      free();
    } catch (RuntimeException | Error e) {
      Log.warning("the memory of a tensor on " + device() + " was not given back: " + e);
    }
  }

  /** For what allocates: the memory is not read any more. Called at most once. */
  void free() {}

  /** The error that says why a tensor of {@code type} cannot be read, once {@link #pin} fails. */
  public final TraceException gone(TensorType type) {
    Given.given("Storage.gone", "type", type);
    return new TraceException(
        "a tensor of type "
            + type
            + (isClosed()
                    ? " is used after it was closed (%s); close it after its last use"
                    : " is read after its memory was donated (%s); keep the result of the call"
                        + " instead, or call the function without donating")
                .formatted(SourceLocation.here()));
  }

  /**
   * A run reads it: nobody writes to it before {@link #unpin}. Pins are counted.
   *
   * @return false when it was donated or closed, and so must not be read
   */
  public final boolean pin() {
    long now = uses.get();
    while ((now & GONE) == 0 && !uses.compareAndSet(now, now + RUN)) {
      now = uses.get();
    }
    return (now & GONE) == 0;
  }

  /** Ends what {@link #pin} began. */
  public final void unpin() {
    long before = uses.getAndAdd(-RUN);
    if ((before & RUNS) == 0) {
      throw new IllegalStateException("unpinned more often than pinned");
    }
    if (before == (ABANDONED | RUN)) {
      freeAbandoned();
    }
  }

  /** True while a run reads it. */
  public final boolean isPinned() {
    return (uses.get() & RUNS) != 0;
  }
}
