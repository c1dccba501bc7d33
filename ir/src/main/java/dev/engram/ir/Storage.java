package dev.engram.ir;

import dev.engram.ir.checks.Given;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The memory of a tensor, which all views of it share, and what is known of who may see it.
 *
 * <p>Whoever makes results writes to memory only that nobody can see: it is not {@linkplain
 * #isExposed() exposed}, not {@linkplain #isPinned() pinned}, and not {@linkplain #isHeld() held}
 * by a state but the one whose next value is written over it.
 */
public abstract class Storage {
  private static final int DONATED = Integer.MIN_VALUE;

  /** How many runs read it, or {@link #DONATED}. */
  private final AtomicInteger pins = new AtomicInteger();

  private final AtomicInteger holders = new AtomicInteger();
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
    return holders.get() > 0;
  }

  /**
   * True when a run that reads it may write over it: one state has it, that run alone reads it, and
   * no user sees it.
   */
  public final boolean isForOneRun() {
    // In this order: another run that exposes what it reads does so before it lets it go.
    return isOwned() && holders.get() == 1 && pins.get() == 1 && !exposed;
  }

  /** A state has it now. Holders are counted. */
  public final void hold() {
    holders.incrementAndGet();
  }

  /** A state that had it has another value. */
  public final void release() {
    holders.decrementAndGet();
  }

  /** True when the memory belongs to another storage: tensors of this one cannot be read. */
  public final boolean isDonated() {
    return pins.get() == DONATED;
  }

  /**
   * The memory belongs to another storage from now on, unless a run reads it or that is so already.
   *
   * @return whether it was given
   */
  final boolean donate() {
    return pins.compareAndSet(0, DONATED);
  }

  /**
   * A run reads it: nobody writes to it before {@link #unpin}. Pins are counted.
   *
   * @return false when it was donated, and so must not be read
   */
  public final boolean pin() {
    int n = pins.get();
    while (n >= 0 && !pins.compareAndSet(n, n + 1)) {
      n = pins.get();
    }
    return n >= 0;
  }

  /** Ends what {@link #pin} began. */
  public final void unpin() {
    int left = pins.decrementAndGet();
    if (left < 0) {
      throw new IllegalStateException("unpinned more often than pinned");
    }
  }

  /** True while a run reads it. */
  public final boolean isPinned() {
    return pins.get() > 0;
  }
}
