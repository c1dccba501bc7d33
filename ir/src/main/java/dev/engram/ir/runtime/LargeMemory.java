package dev.engram.ir.runtime;

import dev.engram.ir.HostTensor;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Memory of a large tensor, which the next one may have where that tensor is closed. Until then it
 * is held weakly: the JVM's next garbage collection, which comes also where {@code
 * -XX:MaxDirectMemorySize} is reached, gives it to everyone.
 *
 * <p>Arenas that can be closed would give it to everyone at once. But to close one stops all
 * threads for a moment, and what compiled code they are in goes on in the JVM's interpreter: a loop
 * over four million elements takes twice as long where another thread closes 700 arenas a second.
 */
public final class LargeMemory {
  /** Fewer bytes are left to the garbage collector: it is few large tensors that fill memory. */
  public static final long LEAST = 1 << 20;

  /** A tensor gets memory of at most so many times its bytes. */
  private static final int MOST_TIMES = 2;

  private static final List<WeakReference<LargeMemory>> CLOSED = new ArrayList<>();

  /** False where there is none, so that who closes no tensors takes no lock. */
  private static volatile boolean some;

  private final MemorySegment segment;

  /** Made now: where memory has run out, to give some back must not need more. */
  private final WeakReference<LargeMemory> self = new WeakReference<>(this);

  private LargeMemory(MemorySegment segment) {
    this.segment = segment;
  }

  /**
   * At least so many bytes that nobody else has, aligned to {@link HostTensor#ALIGNMENT}. These are
   * zero, and more of no meaning may follow.
   */
  public static LargeMemory allocate(long bytes) {
    Optional<LargeMemory> closed = some ? takeClosed(bytes) : Optional.empty();
    closed.ifPresent(m -> m.segment.asSlice(0, bytes).fill((byte) 0));
    return closed.orElseGet(
        () -> new LargeMemory(NativeMemory.allocate(bytes, HostTensor.ALIGNMENT)));
  }

  public MemorySegment segment() {
    return segment;
  }

  /** Nobody reads it any more. Only once after each {@link #allocate}. */
  public void close() {
    synchronized (CLOSED) {
      CLOSED.add(self);
      some = true;
    }
  }

  /** The smallest that is large enough, unless that is far too large. */
  private static Optional<LargeMemory> takeClosed(long bytes) {
    synchronized (CLOSED) {
      CLOSED.removeIf(w -> w.refersTo(null));
      WeakReference<LargeMemory> best = null;
      long least = Long.MAX_VALUE;
      for (WeakReference<LargeMemory> w : CLOSED) {
        long has = size(w.get());
        if (has >= bytes && has / MOST_TIMES <= bytes && has < least) {
          best = w;
          least = has;
        }
      }
      LargeMemory m = best == null ? null : best.get();
      CLOSED.remove(best);
      some = !CLOSED.isEmpty();
      return Optional.ofNullable(m);
    }
  }

  private static long size(@Nullable LargeMemory m) {
    return m == null ? -1 : m.segment.byteSize();
  }

  /** True where the memory of {@code scope} is that of a closed tensor. */
  static boolean isClosed(MemorySegment.Scope scope) {
    synchronized (CLOSED) {
      return CLOSED.stream()
          .map(WeakReference::get)
          .anyMatch(m -> m != null && m.segment.scope().equals(scope));
    }
  }
}
