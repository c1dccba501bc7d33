package dev.engram.backend.cuda.run;

import dev.engram.backend.cuda.driver.CudaException;
import dev.engram.ir.EngramException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.runtime.Bytes;
import dev.engram.ir.runtime.Log;
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
  private final AtomicLong heldBytes = new AtomicLong();
  private final ReferenceQueue<Object> unreachable = new ReferenceQueue<>();

  /** What is there; keeps the references until they are asked. */
  private final Set<Held> all = ConcurrentHashMap.newKeySet();

  /** What could not be given back. */
  private final Queue<Held> unreleased = new ConcurrentLinkedQueue<>();

  private final AtomicBoolean told = new AtomicBoolean();

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
          unreleased.add(this);
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
      heldBytes.addAndGet(-bytes);
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
  long heldBytes() {
    return heldBytes.get();
  }

  /**
   * Memory for {@code owner}.
   *
   * @param what says what it is for, for errors
   */
  Block allocate(Object owner, long bytes, Supplier<String> what) {
    long size = Math.max(1, bytes);
    return withRoom(() -> allocated(owner, size), () -> Bytes.text(size) + " for " + what.get());
  }

  /**
   * Does what takes memory of the card; where there is none, makes room and does it again.
   *
   * @param what it takes, such as {@code 4.2 MB for f32[1024,1024]}
   */
  <T> T withRoom(Supplier<T> body, Supplier<String> what) {
    freeUnreachable();
    try {
      return body.get();
    } catch (CudaException e) {
      if (!e.isOutOfMemory()) {
        throw e;
      }
    }
    // Tensors that nobody has any more may hold all of it.
    System.gc();
    awaitUnreachable();
    driver.trim();
    try {
      return body.get();
    } catch (CudaException e) {
      throw e.isOutOfMemory() ? full(what.get(), e) : e;
    }
  }

  private Block allocated(Object owner, long bytes) {
    reserve(bytes);
    boolean done = false;
    try {
      Block b = new Block(owner, driver.allocate(bytes), bytes);
      all.add(b);
      pieces.incrementAndGet();
      done = true;
      return b;
    } finally {
      if (!done) {
        heldBytes.addAndGet(-bytes);
      }
    }
  }

  private void reserve(long bytes) {
    for (long now = heldBytes.get(); ; now = heldBytes.get()) {
      if (bytes > limit - now) {
        throw new CudaException(CudaException.OUT_OF_MEMORY, "an allocation", "over the limit");
      }
      if (heldBytes.compareAndSet(now, now + bytes)) {
        return;
      }
    }
  }

  private EngramException full(String what, CudaException cause) {
    return new EngramException(
        ("no %s on %s (%s): this process holds %s there in %d pieces%s, and %s of %s are free"
                + " (%s); lower the batch, close tensors, or donate arguments")
            .formatted(
                what,
                device,
                driver.card().name(),
                Bytes.text(heldBytes.get()),
                pieces.get(),
                limit < driver.card().bytes()
                    ? ", of at most " + Bytes.text(limit) + " (engram.cuda.memory)"
                    : "",
                freeText(),
                Bytes.text(driver.card().bytes()),
                SourceLocation.here()),
        cause);
  }

  /** What is free on the card, or why that is not known. */
  String freeText() {
    try {
      return Bytes.text(driver.freeBytes());
    } catch (CudaException e) {
      return "an unknown part (" + e.getMessage() + ")";
    }
  }

  /** What a collection has found is queued by another thread, soon. */
  private void awaitUnreachable() {
    try {
      for (Reference<?> r = unreachable.remove(COLLECTION_MILLIS);
          r != null;
          r = unreachable.remove(COLLECTION_MILLIS)) {
        freeOrKeep((Held) r);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      freeUnreachable();
    }
  }

  /** Gives back what nobody can reach any more, and what could not be given back before. */
  void freeUnreachable() {
    for (int n = unreleased.size(); n > 0; n--) {
      Held again = unreleased.poll();
      if (again != null) {
        freeOrKeep(again);
      }
    }
    for (Reference<?> r = unreachable.poll(); r != null; r = unreachable.poll()) {
      freeOrKeep((Held) r);
    }
  }

  /** It has nothing to do with what the caller does, who is told of errors that last anyway. */
  private void freeOrKeep(Held h) {
    try {
      h.free();
    } catch (CudaException e) {
      if (!told.getAndSet(true)) {
        Log.warning("something on " + device + " could not be given back: " + e.getMessage());
      }
    }
  }
}
