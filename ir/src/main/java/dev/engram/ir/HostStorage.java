package dev.engram.ir;

import dev.engram.ir.runtime.LargeMemory;
import dev.engram.ir.runtime.Slab;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Memory of the host. */
final class HostStorage extends Storage {
  private final boolean owned;

  // Null when it is gone: who keeps a closed tensor keeps no memory. That is also how a read finds
  // out, as it costs less than to ask; no other thread may read what is being given away.
  private @Nullable MemorySegment segment;
  private @Nullable MemorySegment padded;

  /** What can be used again after it; null for small memory. */
  private @Nullable LargeMemory large;

  /** Elements, and these with what follows. */
  record Part(MemorySegment segment, MemorySegment padded) {}

  private HostStorage(
      boolean owned, MemorySegment segment, MemorySegment padded, @Nullable LargeMemory large) {
    this.owned = owned;
    this.segment = segment;
    this.padded = padded;
    this.large = large;
  }

  /** So many zeros, with {@link HostTensor#SLACK} behind them. */
  static HostStorage allocate(long bytes) {
    long all = bytes + HostTensor.SLACK;
    LargeMemory large = all >= LargeMemory.LEAST ? LargeMemory.allocate(all) : null;
    MemorySegment padded = large == null ? Slab.allocate(all) : large.segment();
    return new HostStorage(true, padded.asSlice(0, bytes), padded, large);
  }

  static HostStorage wrap(MemorySegment segment) {
    return new HostStorage(false, segment, segment, null);
  }

  /**
   * What was donated, in a storage of its own.
   *
   * @param type of the tensor
   * @param part of this storage; null for all of it
   */
  HostStorage give(TensorType type, @Nullable Part part) {
    Part now = part == null ? new Part(segment(type), padded(type)) : part;
    HostStorage next = new HostStorage(owned, now.segment, now.padded, large);
    letGo();
    return next;
  }

  /** The elements, for a tensor of {@code type}. */
  MemorySegment segment(TensorType type) {
    MemorySegment now = segment;
    if (now == null) {
      throw gone(type);
    }
    return now;
  }

  /** The elements with what follows. */
  MemorySegment padded(TensorType type) {
    MemorySegment now = padded;
    if (now == null) {
      throw gone(type);
    }
    return now;
  }

  /** {@code p}, a part of it. */
  Part there(Part p, TensorType type) {
    if (isGone()) {
      throw gone(type);
    }
    return p;
  }

  @Override
  public String device() {
    return "host";
  }

  @Override
  public boolean isOwned() {
    return owned;
  }

  @Override
  void free() {
    LargeMemory again = large;
    letGo();
    if (again != null) {
      again.close();
    }
  }

  private void letGo() {
    segment = null;
    padded = null;
    large = null;
  }
}
