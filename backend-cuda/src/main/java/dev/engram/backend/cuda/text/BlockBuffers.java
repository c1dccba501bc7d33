package dev.engram.backend.cuda.text;

import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.memory.BufferUses;
import dev.engram.lower.split.ExampleAxis;
import dev.engram.lower.split.Reach;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The buffers of a divided loop of which a block keeps its share in memory of its own while it goes
 * through the loop: those that the loop writes, whose shares lie one after the other, smallest
 * first.
 */
final class BlockBuffers {
  private final LoopProgram program;
  private final Overlap overlap;
  private final List<LoopBuffer> buffers;
  private final Stmt.Loop loop;

  /** Number of the loop over the shares among the loops around. */
  private final int depth;

  private final Set<Integer> excluded = new HashSet<>();

  /**
   * One of them.
   *
   * @param at where it begins in the memory of the block, in bytes
   * @param length its elements
   * @param copied whether it has a value before the loop or after it
   */
  record Kept(int buffer, int at, long length, boolean copied) {}

  private BlockBuffers(LoopProgram program, Overlap overlap, Stmt.Loop loop, int depth) {
    this.program = program;
    this.overlap = overlap;
    this.buffers = program.buffers();
    this.loop = loop;
    this.depth = depth;
  }

  /**
   * Chooses.
   *
   * @param around lengths of the loops around {@code loop}
   * @param most bytes of all of them
   */
  static List<Kept> of(
      LoopProgram program, Overlap overlap, Stmt.Loop loop, List<Integer> around, int most) {
    BlockBuffers b = new BlockBuffers(program, overlap, loop, around.size());
    b.look(List.of(loop), around);
    return b.choose(most);
  }

  private long length(int buffer) {
    return buffers.get(buffer).type().size() / loop.length();
  }

  private List<Kept> choose(int most) {
    BufferUses uses = BufferUses.of(loop);
    Set<Integer> all = new TreeSet<>(uses.all());
    for (int w : uses.writes()) {
      for (int b : all) {
        if (!overlap.traders(w).contains(b) && overlap.of(b, w)) {
          excluded.addAll(List.of(b, w));
        }
      }
    }
    Set<Integer> elsewhere = new HashSet<>(program.outputs());
    elsewhere.addAll(program.inputs());
    elsewhere(program.steps(), elsewhere);
    List<Kept> kept = new ArrayList<>();
    int bytes = 0;
    List<Integer> smallest =
        uses.writes().stream()
            .sorted(Comparator.<Integer>comparingLong(this::length).thenComparing(b -> b))
            .toList();
    Set<Integer> done = new HashSet<>();
    for (int first : smallest) {
      Set<Integer> group = new TreeSet<>(overlap.traders(first));
      group.retainAll(all);
      long more = group.stream().mapToLong(this::bytes).sum();
      if (!done.addAll(group)
          || group.stream().anyMatch(excluded::contains)
          || bytes + more > most) {
        continue;
      }
      boolean copied = group.stream().anyMatch(elsewhere::contains);
      for (int b : group) {
        kept.add(new Kept(b, bytes, length(b), copied));
        bytes += Math.toIntExact(bytes(b));
      }
    }
    return kept;
  }

  private long bytes(int buffer) {
    long bytes = length(buffer) * buffers.get(buffer).type().dtype().bytes();
    return (bytes + 15) / 16 * 16;
  }

  /** The buffers that other steps of the program use. */
  @SuppressWarnings("ReferenceEquality") // another loop may be equal
  private void elsewhere(List<Stmt> steps, Set<Integer> to) {
    for (Stmt s : steps) {
      if (s == loop) {
        continue;
      }
      switch (s) {
        case Stmt.Nest _, Stmt.Sort _, Stmt.Tell _ -> to.addAll(BufferUses.of(s).all());
        case Stmt.Loop l -> {
          l.swaps().forEach(w -> to.addAll(List.of(w.a(), w.b())));
          elsewhere(l.body(), to);
        }
        case Stmt.While w -> {
          to.add(w.predicate().buffer());
          w.swaps().forEach(t -> to.addAll(List.of(t.a(), t.b())));
          elsewhere(w.condition(), to);
          elsewhere(w.body(), to);
        }
        case Stmt.Branch b -> {
          to.add(b.predicate().buffer());
          elsewhere(b.onTrue(), to);
          elsewhere(b.onFalse(), to);
        }
      }
    }
  }

  /** Excludes what is not one piece for each share. */
  private void look(List<Stmt> steps, List<Integer> trips) {
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Nest n -> {
          for (Instr i : IndexText.instrs(n)) {
            look(n, i, trips);
          }
        }
        case Stmt.Sort o -> excluded.addAll(List.of(o.from().buffer(), o.to().buffer()));
        case Stmt.Loop l -> look(l.body(), ExampleAxis.inside(trips, l.length()));
        case Stmt.Branch b -> {
          excluded.add(b.predicate().buffer());
          look(b.onTrue(), trips);
          look(b.onFalse(), trips);
        }
        case Stmt.Tell _, Stmt.While _ -> throw new AssertionError(s);
      }
    }
  }

  private void look(Stmt.Nest n, Instr i, List<Integer> trips) {
    for (Access a : IndexText.accesses(i)) {
      boolean isInside =
          switch (i) {
            case Instr.LoadAt l -> isInShare(n, a, l.stride(), l.limit(), trips);
            case Instr.StoreAt s -> isInShare(n, a, s.stride(), s.limit(), trips);
            default -> isInShare(n, a, 0, 1, trips);
          };
      if (!isInside) {
        excluded.add(a.buffer());
      }
    }
  }

  /**
   * @param stride of a gather or scatter, which reaches {@code limit} elements
   */
  private boolean isInShare(Stmt.Nest n, Access a, long stride, long limit, List<Integer> trips) {
    AffineMap at = a.at();
    long length = length(a.buffer());
    if (length == 0
        || at.outer().get(depth) != length
        || length * loop.length() != size(a.buffer())
        || at.outer().subList(0, depth).stream().anyMatch(s -> s != 0)) {
      return false;
    }
    Reach reach = new Reach(at.offset(), length, loop.length());
    for (int t = depth + 1; t < at.outer().size(); t++) {
      reach.add(at.outer().get(t), trips.get(t));
    }
    for (int d = 0; d < at.inner().size(); d++) {
      reach.add(at.inner().get(d), n.axes().get(d).length());
    }
    reach.add(stride, limit);
    return reach.isInside();
  }

  private long size(int buffer) {
    return buffers.get(buffer).type().size();
  }
}
