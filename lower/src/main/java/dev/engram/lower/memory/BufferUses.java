package dev.engram.lower.memory;

import dev.engram.lower.Instr;
import dev.engram.lower.Stmt;
import dev.engram.lower.emit.InstrRewriter;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The buffers that steps read or write.
 *
 * @param swaps those that trade places after steps of a loop, which are written, too
 */
public record BufferUses(Set<Integer> reads, Set<Integer> writes, Set<Integer> swaps) {
  public static BufferUses of(Stmt step) {
    return of(List.of(step));
  }

  public static BufferUses of(List<Stmt> steps) {
    BufferUses all = new BufferUses(new HashSet<>(), new HashSet<>(), new HashSet<>());
    steps.forEach(all::add);
    return all;
  }

  /** Those that are read, written, or both. */
  public Set<Integer> all() {
    Set<Integer> all = new HashSet<>(reads);
    all.addAll(writes);
    return all;
  }

  /** True where they read or write it. */
  public boolean contains(int buffer) {
    return reads.contains(buffer) || writes.contains(buffer);
  }

  /** True when the order of these steps and {@code other} matters. */
  public boolean clashes(BufferUses other) {
    return writes.stream().anyMatch(other::contains)
        || other.writes.stream().anyMatch(reads::contains);
  }

  private void add(Stmt s) {
    switch (s) {
      case Stmt.Nest n -> add(n);
      case Stmt.Sort o -> add(o.traffic());
      case Stmt.Tell t -> t.traffic().forEach(this::add);
      case Stmt.Branch b -> {
        reads.add(b.predicate().buffer());
        b.onTrue().forEach(this::add);
        b.onFalse().forEach(this::add);
      }
      case Stmt.Loop l -> {
        l.body().forEach(this::add);
        l.swaps().forEach(this::add);
      }
      case Stmt.While w -> {
        w.condition().forEach(this::add);
        reads.add(w.predicate().buffer());
        w.body().forEach(this::add);
        w.swaps().forEach(this::add);
      }
    }
  }

  private void add(Stmt.Swap w) {
    swaps.addAll(List.of(w.a(), w.b()));
    writes.addAll(List.of(w.a(), w.b()));
  }

  private void add(Stmt.Nest n) {
    n.body().forEach(this::add);
    n.epilogue().forEach(this::add);
  }

  private void add(Instr i) {
    Set<Integer> to = i instanceof Instr.Store ? writes : reads;
    InstrRewriter.buffers(
        i,
        b -> {
          to.add(b);
          return b;
        });
    if (i instanceof Instr.StoreAt s) {
      writes.add(s.to().buffer());
    }
  }
}
