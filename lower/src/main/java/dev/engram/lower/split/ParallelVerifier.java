package dev.engram.lower.split;

import dev.engram.lower.Access;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringException;
import dev.engram.lower.Stmt;
import dev.engram.lower.memory.BufferUses;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Checks that the iterations of parallel loops are independent: no element that one of them writes
 * is touched by another, in no memory that buffers share, and each leaves all buffers in place.
 */
public final class ParallelVerifier {
  private final LoopProgram program;

  private ParallelVerifier(LoopProgram program) {
    this.program = program;
  }

  /**
   * Looks at all parallel loops.
   *
   * @throws LoweringException naming the loop and what is wrong
   */
  public static void verify(LoopProgram program) {
    new ParallelVerifier(program).steps(program.steps(), List.of());
  }

  private void steps(List<Stmt> steps, List<Integer> around) {
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Loop l -> {
          List<Integer> inside = ExampleAxis.inside(around, l.length());
          if (l.parallel()) {
            new Body(l, around.size()).check(inside);
          }
          steps(l.body(), inside);
        }
        case Stmt.While w -> {
          steps(w.condition(), ExampleAxis.inside(around, 1));
          steps(w.body(), ExampleAxis.inside(around, 1));
        }
        case Stmt.Branch b -> {
          steps(b.onTrue(), around);
          steps(b.onFalse(), around);
        }
        case Stmt.Nest _, Stmt.Sort _, Stmt.Tell _ -> {}
      }
    }
  }

  /** The body of one parallel loop. */
  private final class Body {
    private final Stmt.Loop loop;
    private final int depth;
    private final Map<Integer, Set<Integer>> together = new HashMap<>();
    private final Set<Integer> touched;
    private final Set<Integer> written;
    private final Map<Integer, Long> runs = new HashMap<>();

    Body(Stmt.Loop loop, int depth) {
      this.loop = loop;
      this.depth = depth;
      BufferUses uses = BufferUses.of(loop.body());
      this.touched = uses.all();
      this.written = uses.writes();
    }

    void check(List<Integer> around) {
      Stmt.Loop once = new Stmt.Loop(1, false, false, loop.body(), loop.swaps());
      if (!Exchange.of(List.of(once)).isNone()) {
        throw bad("an iteration exchanges buffers");
      }
      gather(loop.body());
      apart();
      accesses(loop.body(), around);
    }

    private LoweringException bad(String what) {
      return new LoweringException(
          "@%s: parallel loop of %d: %s".formatted(program.name(), loop.length(), what));
    }

    private Set<Integer> group(int buffer) {
      return together.getOrDefault(buffer, Set.of(buffer));
    }

    private void gather(List<Stmt> steps) {
      for (Stmt s : steps) {
        switch (s) {
          case Stmt.Nest _, Stmt.Sort _ -> {}
          case Stmt.Loop l -> {
            if (l.parallel()) {
              throw bad("it has another one inside");
            }
            gather(l.body());
            l.swaps().forEach(this::gather);
          }
          case Stmt.Branch b -> {
            int exchanged = together.size();
            gather(b.onTrue());
            gather(b.onFalse());
            if (together.size() > exchanged) {
              throw bad("a branch exchanges buffers");
            }
          }
          case Stmt.Tell _ -> throw bad("it tells the host something");
          case Stmt.While _ -> throw bad("it has a while loop");
        }
      }
    }

    private void gather(Stmt.Swap s) {
      Set<Integer> both = new TreeSet<>(group(s.a()));
      both.addAll(group(s.b()));
      both.forEach(b -> together.put(b, both));
    }

    private static List<Instr> code(Stmt.Nest n) {
      List<Instr> all = new ArrayList<>(n.body());
      all.addAll(n.epilogue());
      return all;
    }

    /** No written buffer shares memory with another one. */
    private void apart() {
      List<Integer> arena =
          touched.stream()
              .filter(b -> program.buffers().get(b).place() instanceof LoopBuffer.Place.Arena)
              .filter(b -> program.buffers().get(b).type().bytes() > 0)
              .sorted(Comparator.comparingLong(this::start))
              .toList();
      long end = 0;
      int last = -1;
      for (int b : arena) {
        if (start(b) < end && (written.contains(b) || written.contains(last))) {
          throw bad("b%d and b%d share memory".formatted(last, b));
        }
        long mine = start(b) + program.buffers().get(b).type().bytes();
        if (mine > end) {
          end = mine;
          last = b;
        }
      }
    }

    private long start(int buffer) {
      return program.buffers().get(buffer).place() instanceof LoopBuffer.Place.Arena a
          ? a.offset()
          : 0;
    }

    private void accesses(List<Stmt> steps, List<Integer> loops) {
      for (Stmt s : steps) {
        switch (s) {
          case Stmt.Nest n -> accesses(n, loops);
          case Stmt.Sort o -> accesses(o.traffic(), loops);
          case Stmt.Loop l -> accesses(l.body(), ExampleAxis.inside(loops, l.length()));
          case Stmt.Branch b -> {
            if (written.contains(b.predicate().buffer())) {
              throw bad("a branch depends on what it computes");
            }
            accesses(b.onTrue(), loops);
            accesses(b.onFalse(), loops);
          }
          case Stmt.Tell _, Stmt.While _ -> throw new AssertionError(s);
        }
      }
    }

    private void accesses(Stmt.Nest n, List<Integer> loops) {
      if (n.axes().stream().anyMatch(a -> !a.reduce() && a.length() == 0)) {
        return;
      }
      for (Instr i : code(n)) {
        switch (i) {
          case Instr.Load l -> access(n, loops, l.from(), 0, 1);
          case Instr.LoadAt l -> access(n, loops, l.from(), l.stride(), l.limit());
          case Instr.Store s -> access(n, loops, s.to(), 0, 1);
          case Instr.StoreAt s -> access(n, loops, s.to(), s.stride(), s.limit());
          case Instr.Literal _, Instr.IndexOf _, Instr.Apply _, Instr.Convert _ -> {}
          case Instr.RandomWord _, Instr.Fold _, Instr.DotFold _, Instr.Check _ -> {}
        }
      }
    }

    private void access(Stmt.Nest n, List<Integer> loops, Access a, long stride, long limit) {
      if (!written.contains(a.buffer()) || loop.length() < 2) {
        return;
      }
      long run = a.at().outer().get(depth);
      for (int b : group(a.buffer())) {
        Long known = runs.put(b, run);
        if (run <= 0 || (known != null && known != run)) {
          throw bad(
              "%s (%s) reaches element %s of b%d in iteration 1, expected %s"
                  .formatted(n.label(), n.where(), run, b, known == null ? "1 or more" : known));
        }
      }
      Reach reach = new Reach(a.at().offset(), run, loop.length());
      for (int t = 0; t < loops.size(); t++) {
        if (t != depth) {
          reach.add(a.at().outer().get(t), loops.get(t));
        }
      }
      for (int d = 0; d < n.axes().size(); d++) {
        reach.add(a.at().inner().get(d), n.axes().get(d).length());
      }
      reach.add(stride, limit);
      if (!reach.isInside()) {
        throw bad(
            "%s (%s) touches elements of b%d that other iterations have"
                .formatted(n.label(), n.where(), a.buffer()));
      }
    }
  }
}
