package dev.engram.backend.cuda.run;

import dev.engram.backend.cuda.driver.CudaException;
import dev.engram.backend.cuda.driver.Driver;
import dev.engram.ir.EngramException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.runtime.Bytes;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The memory that this process has on a card. What is neither given back nor reachable any more is
 * freed by the next allocation, in the thread that asks for it.
 */
final class CardMemory {
  private static final long COLLECTION_MILLIS = 200;

  private final Driver driver;
  private final String device;
  private final long limit;
  private final AtomicLong held = new AtomicLong();
  private final ReferenceQueue<Object> unreachable = new ReferenceQueue<>();

  /** What is allocated; keeps the references until they are asked. */
  private final Set<Block> blocks = ConcurrentHashMap.newKeySet();

  /**
   * @param limit most bytes at a time
   */
  CardMemory(Driver driver, String device, long limit) {
    this.driver = driver;
    this.device = device;
    this.limit = limit;
  }

  /** Memory that belongs to one object, and ends with it at the latest. */
  final class Block extends PhantomReference<Object> {
    private final long address;
    private final long bytes;
    private final AtomicBoolean freed = new AtomicBoolean();

    private Block(Object owner, long address, long bytes) {
      super(owner, unreachable);
      this.address = address;
      this.bytes = bytes;
    }

    long address() {
      return address;
    }

    long bytes() {
      return bytes;
    }

    /** Gives it back, once what is on the stream is done. */
    void free() {
      if (freed.compareAndSet(false, true)) {
        blocks.remove(this);
        held.addAndGet(-bytes);
        driver.free(address);
      }
    }
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
    driver.synchronize();
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
      blocks.add(b);
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
        "no %s for %s on %s (%s): this process holds %s there in %d pieces%s (%s); lower the batch, close tensors, or donate arguments"
            .formatted(
                Bytes.text(bytes),
                what,
                device,
                driver.card(),
                Bytes.text(held.get()),
                blocks.size(),
                limit == Long.MAX_VALUE ? "" : ", of at most " + Bytes.text(limit),
                SourceLocation.here()),
        cause);
  }

  /** What a collection has found is queued by another thread, soon. */
  private void awaitUnreachable() {
    try {
      Reference<?> first = unreachable.remove(COLLECTION_MILLIS);
      if (first != null) {
        ((Block) first).free();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void freeUnreachable() {
    for (Reference<?> r = unreachable.poll(); r != null; r = unreachable.poll()) {
      ((Block) r).free();
    }
  }
}
