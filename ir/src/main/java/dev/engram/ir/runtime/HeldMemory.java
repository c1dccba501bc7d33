package dev.engram.ir.runtime;

import java.lang.foreign.MemorySegment;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** Who holds large pieces of native memory, for the error that says there is none left. */
final class HeldMemory {
  /** Smaller pieces are not noted: many of them would cost more than they tell. */
  static final long LARGE = 64 << 10;

  private static final int SHOWN = 5;

  private static final Set<Piece> PIECES = ConcurrentHashMap.newKeySet();
  private static final ReferenceQueue<MemorySegment.Scope> FREED = new ReferenceQueue<>();

  private HeldMemory() {}

  /** One allocation, as long as a part of it can be reached. */
  private static final class Piece extends WeakReference<MemorySegment.Scope> {
    final String owner;
    final long bytes;

    Piece(MemorySegment memory, String owner) {
      super(memory.scope(), FREED);
      this.owner = owner;
      this.bytes = memory.byteSize();
    }
  }

  /** Bytes and number of an owner's pieces. */
  private record Sum(long bytes, int pieces) {
    Sum and(Sum other) {
      return new Sum(bytes + other.bytes, pieces + other.pieces);
    }
  }

  static MemorySegment note(MemorySegment memory, String owner) {
    if (memory.byteSize() >= LARGE) {
      for (Object gone = FREED.poll(); gone != null; gone = FREED.poll()) {
        PIECES.remove(gone);
      }
      PIECES.add(new Piece(memory, owner));
    }
    return memory;
  }

  /** {@code 24.0 MB by tensors (24), 2.0 MB by the arena of @step (1)}, the largest first. */
  static String owners() {
    Map<String, Sum> sums = new TreeMap<>();
    for (Piece p : PIECES) {
      MemorySegment.Scope scope = p.get();
      if (scope != null) {
        String owner = LargeMemory.isClosed(scope) ? "closed tensors" : p.owner;
        sums.merge(owner, new Sum(p.bytes, 1), Sum::and);
      }
    }
    return sums.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.comparingLong(s -> -s.bytes)))
        .limit(SHOWN)
        .map(
            e ->
                Bytes.text(e.getValue().bytes)
                    + " by "
                    + e.getKey()
                    + " ("
                    + e.getValue().pieces
                    + ")")
        .collect(Collectors.joining(", "));
  }
}
