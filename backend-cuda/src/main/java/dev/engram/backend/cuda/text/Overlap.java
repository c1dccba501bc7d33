package dev.engram.backend.cuda.text;

import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which buffers of a program may have memory in common: those that lie over each other, and where
 * some are exchanged, each of these may be where another one was.
 */
final class Overlap {
  private final List<LoopBuffer> buffers;

  /** All that may come into the place of a buffer that is exchanged. */
  private final Map<Integer, Set<Integer>> trades = new HashMap<>();

  Overlap(LoopProgram program) {
    this.buffers = program.buffers();
    collect(program.steps());
  }

  private void collect(List<Stmt> steps) {
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Nest _, Stmt.Sort _, Stmt.Tell _ -> {}
        case Stmt.Loop l -> {
          collect(l.body());
          l.swaps().forEach(this::join);
        }
        case Stmt.While w -> {
          collect(w.condition());
          collect(w.body());
          w.swaps().forEach(this::join);
        }
        case Stmt.Branch b -> {
          collect(b.onTrue());
          collect(b.onFalse());
        }
      }
    }
  }

  private void join(Stmt.Swap s) {
    Set<Integer> all = new TreeSet<>(traders(s.a()));
    all.addAll(traders(s.b()));
    all.forEach(b -> trades.put(b, all));
  }

  /** The buffer and those that it is exchanged with, directly or by way of others. */
  Set<Integer> traders(int buffer) {
    return trades.getOrDefault(buffer, Set.of(buffer));
  }

  /** True where they may have some memory in common. */
  boolean of(int a, int b) {
    return traders(a).stream().anyMatch(x -> traders(b).stream().anyMatch(y -> now(x, y)));
  }

  private boolean now(int a, int b) {
    LoopBuffer x = buffers.get(a);
    LoopBuffer y = buffers.get(b);
    return a == b
        || (x.place() instanceof LoopBuffer.Place.Arena(long at)
            && y.place() instanceof LoopBuffer.Place.Arena(long to)
            && at < to + y.type().bytes()
            && to < at + x.type().bytes());
  }
}
