package dev.engram.lower.memory;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoweringException;
import dev.engram.lower.LoweringOptions;
import dev.engram.lower.Stmt;
import dev.engram.lower.emit.LoopProgramBuilder;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Assigns places to the arena's buffers. Each is live from its first to its last use, and
 * throughout a loop if it is defined outside of it. Placement is best fit, in order of first use.
 */
public record ArenaPlan(List<LoopBuffer> buffers, long arenaBytes) {

  /**
   * Plans the memory of {@code steps}.
   *
   * @param program its name, for errors
   * @param memory which buffers take the memory of others
   * @throws LoweringException when a buffer, or those that are alive at one time, have more bytes
   *     than a long counts
   */
  public static ArenaPlan plan(
      String program,
      LoopProgramBuilder target,
      List<Stmt> steps,
      InPlaceValues memory,
      LoweringOptions options) {
    BufferNames names = new BufferNames(program, steps);
    for (int b = 0; b < target.buffers.size(); b++) {
      // also of operands and results, which the caller allocates
      fits(names, b, target.buffers.get(b), options.alignment());
    }
    int alignment = options.alignment();
    Liveness live = new Liveness(target, memory, options.reuseInLoops());
    live.steps(steps, List.of());
    live.widenSwaps();
    Gaps gaps = new Gaps();
    List<Integer> order = new ArrayList<>();
    for (int b = 0; b < target.buffers.size(); b++) {
      if (target.buffers.get(b).place() == null) {
        order.add(b);
      }
    }
    order.sort(Comparator.comparingInt(b -> live.first[b]));
    long[] offset = new long[target.buffers.size()];
    TreeMap<Integer, List<Integer>> ends = new TreeMap<>();
    for (int b : order) {
      while (!ends.isEmpty() && ends.firstKey() < live.first[b]) {
        for (int done : ends.pollFirstEntry().getValue()) {
          gaps.free(offset[done], size(target, done, alignment));
        }
      }
      offset[b] =
          live.last[b] < 0 ? 0 : gaps.take(size(target, b, alignment), () -> names.of(b, null));
      if (live.last[b] >= 0) {
        ends.computeIfAbsent(live.last[b], _ -> new ArrayList<>()).add(b);
      }
    }
    List<LoopBuffer> buffers = new ArrayList<>();
    long bytes = gaps.end;
    for (int b = 0; b < target.buffers.size(); b++) {
      LoopProgramBuilder.Draft d = target.buffers.get(b);
      LoopBuffer.Place place = d.place();
      long own = d.type().bytes();
      if (place == null) {
        place = new LoopBuffer.Place.Arena(offset[b]);
        bytes = memory.memory(b) == b ? Math.max(bytes, offset[b] + own) : bytes;
      }
      buffers.add(new LoopBuffer(d.type(), place));
    }
    return new ArenaPlan(List.copyOf(buffers), bytes);
  }

  private static void fits(
      BufferNames names, int b, LoopProgramBuilder.Draft draft, int alignment) {
    TensorType type = draft.type();
    if (type.size() > (Long.MAX_VALUE - alignment) / type.dtype().bytes()) {
      String says =
          "%s: %s does not fit into memory: it has %s bytes; make it smaller"
              .formatted(
                  names.of(b, draft.place()),
                  type,
                  BigInteger.valueOf(type.size())
                      .multiply(BigInteger.valueOf(type.dtype().bytes())));
      boolean located = names.maker(b).map(m -> m.where().isKnown()).orElse(false);
      throw new LoweringException(located ? says : SourceLocation.here().in(says));
    }
  }

  private static long size(LoopProgramBuilder target, int b, int alignment) {
    long bytes = target.buffers.get(b).type().bytes();
    return (bytes + alignment - 1) / alignment * alignment;
  }

  /** Liveness: the first and last use of every buffer, as global step numbers. */
  private static final class Liveness {
    private final LoopProgramBuilder target;
    private final InPlaceValues memory;
    private final boolean reuseInLoops;
    final int[] first;
    final int[] last;
    private final List<Stmt.Swap> swaps = new ArrayList<>();
    private int now;

    /** An enclosing loop: its id and the buffers from outside that it uses. */
    private record Around(int id, List<Integer> used) {}

    Liveness(LoopProgramBuilder target, InPlaceValues memory, boolean reuseInLoops) {
      this.target = target;
      this.memory = memory;
      this.reuseInLoops = reuseInLoops;
      this.first = new int[target.buffers.size()];
      this.last = new int[target.buffers.size()];
      java.util.Arrays.fill(first, Integer.MAX_VALUE);
      java.util.Arrays.fill(last, -1);
    }

    void steps(List<Stmt> steps, List<Around> around) {
      for (Stmt s : steps) {
        now++;
        switch (s) {
          case Stmt.Nest n -> {
            n.body().forEach(i -> instr(i, around));
            n.epilogue().forEach(i -> instr(i, around));
          }
          case Stmt.Tell t -> t.traffic().forEach(n -> n.body().forEach(i -> instr(i, around)));
          case Stmt.Sort o -> o.traffic().body().forEach(i -> instr(i, around));
          case Stmt.Branch b -> {
            use(b.predicate().buffer(), around);
            steps(b.onTrue(), around);
            steps(b.onFalse(), around);
          }
          case Stmt.Loop l -> loop(l, around, l.swaps(), inside -> steps(l.body(), inside));
          case Stmt.While w ->
              loop(
                  w,
                  around,
                  w.swaps(),
                  inside -> {
                    steps(w.condition(), inside);
                    now++;
                    use(w.predicate().buffer(), inside);
                    steps(w.body(), inside);
                  });
        }
      }
    }

    private void loop(
        Stmt loop, List<Around> around, List<Stmt.Swap> swapped, Consumer<List<Around>> body) {
      List<Around> inside = new ArrayList<>(around);
      Around mine =
          new Around(java.util.Objects.requireNonNull(target.loopIds.get(loop)), new ArrayList<>());
      inside.add(mine);
      int start = now;
      body.accept(inside);
      for (Stmt.Swap w : swapped) {
        swaps.add(w);
        use(w.a(), inside);
        use(w.b(), inside);
      }
      now++;
      for (int b : mine.used()) {
        first[b] = Math.min(first[b], start);
        last[b] = Math.max(last[b], now);
      }
    }

    private void instr(Instr i, List<Around> around) {
      switch (i) {
        case Instr.Load l -> use(l.from().buffer(), around);
        case Instr.LoadAt l -> use(l.from().buffer(), around);
        case Instr.Store s -> use(s.to().buffer(), around);
        case Instr.StoreAt s -> use(s.to().buffer(), around);
        case Instr.Literal _, Instr.IndexOf _, Instr.Apply _, Instr.Convert _ -> {}
        case Instr.RandomWord _, Instr.Fold _, Instr.DotFold _, Instr.Check _ -> {}
      }
    }

    private void use(int buffer, List<Around> around) {
      int b = memory.memory(buffer);
      first[b] = Math.min(first[b], now);
      last[b] = Math.max(last[b], now);
      for (Around a : around) {
        if (!reuseInLoops || !target.buffers.get(b).loops().contains(a.id())) {
          a.used().add(b);
        }
      }
    }

    // Buffers that are swapped need both places all the time.
    void widenSwaps() {
      for (Stmt.Swap w : swaps) {
        int from = Math.min(first[w.a()], first[w.b()]);
        int to = Math.max(last[w.a()], last[w.b()]);
        first[w.a()] = from;
        first[w.b()] = from;
        last[w.a()] = to;
        last[w.b()] = to;
      }
    }
  }

  /** Free memory below {@code end}, by offset. */
  private static final class Gaps {
    private final TreeMap<Long, Long> gaps = new TreeMap<>();
    long end;

    /** Takes {@code size} bytes for {@code what}. */
    long take(long size, Supplier<String> what) {
      long best = -1;
      for (var g : gaps.entrySet()) {
        if (g.getValue() >= size && (best < 0 || g.getValue() < gaps.get(best))) {
          best = g.getKey();
        }
      }
      if (best < 0) {
        // The last gap can grow.
        var tail = gaps.lastEntry();
        long at = tail != null && tail.getKey() + tail.getValue() == end ? tail.getKey() : end;
        gaps.remove(at);
        if (size > Long.MAX_VALUE - at) {
          throw new LoweringException(
              ("%s: it does not fit into memory: beside the values that are alive with it, which"
                      + " have up to %d bytes, it needs %d; make it smaller")
                  .formatted(what.get(), at, size));
        }
        end = at + size;
        return at;
      }
      long rest = gaps.remove(best) - size;
      if (rest > 0) {
        gaps.put(best + size, rest);
      }
      return best;
    }

    void free(long at, long size) {
      if (size == 0) {
        return;
      }
      var before = gaps.lowerEntry(at);
      if (before != null && before.getKey() + before.getValue() == at) {
        at = before.getKey();
        size += before.getValue();
      }
      Long after = gaps.remove(at + size);
      gaps.put(at, size + (after == null ? 0 : after));
    }
  }
}
