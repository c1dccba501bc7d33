package dev.engram.backend.cuda.run;

import dev.engram.backend.cuda.driver.CudaException;
import dev.engram.ir.EngramException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.runtime.Bytes;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The memory that this process has on a card. What is neither given back nor reachable any more is
 * freed by the next allocation, in the thread that asks for it.
 */
final class CardMemory {
  private static final long COLLECTION_MILLIS = 200;

  private final WatchedDriver driver;
  private final String device;
  private final long limit;
  private final AtomicLong held = new AtomicLong();
  private final ReferenceQueue<Object> unreachable = new ReferenceQueue<>();

  /** What is there; keeps the references until they are asked. */
  private final Set<Held> all = ConcurrentHashMap.newKeySet();

  /** What could not be given back. */
  private final Queue<Held> failed = new ConcurrentLinkedQueue<>();

  private final AtomicLong pieces = new AtomicLong();

  /**
   * @param limit most bytes at a time
   */
  CardMemory(WatchedDriver driver, String device, long limit) {
    this.driver = driver;
    this.device = device;
    this.limit = limit;
  }

  /** Something on the card that belongs to one object, and ends with it at the latest. */
  abstract class Held extends PhantomReference<Object> {
    private final AtomicBoolean freed = new AtomicBoolean();

    private Held(Object owner) {
      super(owner, unreachable);
    }

    /** Gives it back, once what is on the stream is done; where that fails, later. */
    final void free() {
      if (!freed.compareAndSet(false, true)) {
        return;
      }
      boolean done = false;
      try {
        release();
        all.remove(this);
        done = true;
      } finally {
        if (!done) {
          freed.set(false);
          failed.add(this);
        }
      }
    }

    abstract void release();
  }

  /** Memory of one object. */
  final class Block extends Held {
    private final long address;
    private final long bytes;

    private Block(Object owner, long address, long bytes) {
      super(owner);
      this.address = address;
      this.bytes = bytes;
    }

    long address() {
      return address;
    }

    long bytes() {
      return bytes;
    }

    @Override
    void release() {
      driver.free(address);
      held.addAndGet(-bytes);
      pieces.decrementAndGet();
    }
  }

  /** Something other than memory, which {@code release} lets go of. */
  Held hold(Object owner, Runnable release) {
    Held h =
        new Held(owner) {
          @Override
          void release() {
            release.run();
          }
        };
    all.add(h);
    return h;
  }

  /** Bytes that are allocated. */
  long held() {
    return held.get();
  }

  /**
   * Memory for {@code owner}.
   *
   * @param what says what it is for, for errors
   */
  Block allocate(Object owner, long bytes, Supplier<String> what) {
    freeUnreachable();
    long size = Math.max(1, bytes);
    try {
      return allocated(owner, size);
    } catch (CudaException e) {
      if (!e.isOutOfMemory()) {
        throw e;
      }
    }
    // Tensors that nobody has any more may hold all of it.
    System.gc();
    awaitUnreachable();
    freeUnreachable();
    driver.trim();
    try {
      return allocated(owner, size);
    } catch (CudaException e) {
      throw e.isOutOfMemory() ? full(size, what.get(), e) : e;
    }
  }

  private Block allocated(Object owner, long bytes) {
    long now = held.addAndGet(bytes);
    boolean done = false;
    try {
      if (now > limit) {
        throw new CudaException(CudaException.OUT_OF_MEMORY, "an allocation", "over the limit");
      }
      Block b = new Block(owner, driver.allocate(bytes), bytes);
      all.add(b);
      pieces.incrementAndGet();
      done = true;
      return b;
    } finally {
      if (!done) {
        held.addAndGet(-bytes);
      }
    }
  }

  private EngramException full(long bytes, String what, CudaException cause) {
    return new EngramException(
        ("no %s for %s on %s (%s): this process holds %s there in %d pieces%s, and %s of %s are"
                + " free (%s); lower the batch, close tensors, or donate arguments")
            .formatted(
                Bytes.text(bytes),
                what,
                device,
                driver.card().name(),
                Bytes.text(held.get()),
                pieces.get(),
                limit < driver.card().bytes()
                    ? ", of at most " + Bytes.text(limit) + " (engram.cuda.memory)"
                    : "",
                Bytes.text(driver.freeBytes()),
                Bytes.text(driver.card().bytes()),
                SourceLocation.here()),
        cause);
  }

  /** What a collection has found is queued by another thread, soon. */
  private void awaitUnreachable() {
    try {
      Reference<?> first = unreachable.remove(COLLECTION_MILLIS);
      if (first != null) {
        ((Held) first).free();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Gives back what nobody can reach any more. */
  void freeUnreachable() {
    for (int n = failed.size(); n > 0; n--) {
      Held again = failed.poll();
      if (again != null) {
        again.free();
      }
    }
    for (Reference<?> r = unreachable.poll(); r != null; r = unreachable.poll()) {
      ((Held) r).free();
    }
  }
}
