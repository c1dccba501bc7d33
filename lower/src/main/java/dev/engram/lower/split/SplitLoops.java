package dev.engram.lower.split;

import dev.engram.ir.DType;
import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.Instr;
import dev.engram.lower.LoweringOptions;
import dev.engram.lower.Stmt;
import dev.engram.lower.emit.InstrRewriter;
import dev.engram.lower.emit.LoopProgramBuilder;
import dev.engram.lower.memory.BufferUses;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Divides the examples of a loop into shares and puts a {@linkplain Stmt.Loop parallel} loop over
 * them around it: each share goes through all steps of the loop alone. So threads meet once for
 * each loop, and not once for each nest, and what a share works on stays in the cache of its
 * processor from step to step.
 */
public final class SplitLoops {
  private final LoopProgramBuilder target;
  private final LoweringOptions options;

  private SplitLoops(LoopProgramBuilder target, LoweringOptions options) {
    this.target = target;
    this.options = options;
  }

  /** The steps, with the outermost loops that can be divided as shares. */
  public static List<Stmt> split(
      LoopProgramBuilder target, List<Stmt> steps, LoweringOptions options) {
    return options.shares() == 1 ? steps : new SplitLoops(target, options).split(steps, List.of());
  }

  private List<Stmt> split(List<Stmt> steps, List<Integer> around) {
    List<Stmt> out = new ArrayList<>();
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Loop l -> out.addAll(split(l, around));
        case Stmt.While w -> {
          List<Integer> inside = ExampleAxis.inside(around, 1);
          out.add(
              as(
                  w,
                  new Stmt.While(
                      split(w.condition(), inside),
                      w.predicate(),
                      split(w.body(), inside),
                      w.swaps(),
                      w.bound())));
        }
        case Stmt.Branch b ->
            out.add(
                new Stmt.Branch(
                    b.predicate(), split(b.onTrue(), around), split(b.onFalse(), around)));
        case Stmt.Nest _, Stmt.Sort _, Stmt.Tell _ -> out.add(s);
      }
    }
    return out;
  }

  /** A loop in the place of another. */
  private Stmt as(Stmt old, Stmt loop) {
    target.loopIds.put(loop, Objects.requireNonNull(target.loopIds.get(old)));
    return loop;
  }

  private List<Stmt> split(Stmt.Loop l, List<Integer> around) {
    if (l.length() > 0
        && ExampleAxis.of(l, around, b -> target.buffers.get(b).type())
            instanceof ExampleAxis.Result.Axes found) {
      int shares = shares(l, found);
      if (shares > 1 && memory(l).isModest()) {
        return shares(l, new Division(found.axes(), shares, around.size()));
      }
    }
    List<Stmt> body = split(l.body(), ExampleAxis.inside(around, l.length()));
    return List.of(as(l, new Stmt.Loop(l.length(), l.reverse(), false, body, l.swaps())));
  }

  /** The greatest divisor of the number of examples that is not too much. */
  private int shares(Stmt.Loop l, ExampleAxis.Result.Axes found) {
    Work work = new Work(found.axes(), BufferUses.of(l).writes());
    work.add(l.body());
    int nests = Math.max(1, work.nests);
    if (work.reads > (double) options.shareReads() * nests) {
      return 1;
    }
    double worth = work.instructions / options.shareWork() / nests;
    int least = work.folded > work.instructions / 2 ? options.productRows() : 1;
    int shares = (int) Math.min(Math.min(found.examples() / least, options.shares()), worth);
    while (shares > 1 && found.examples() % shares != 0) {
      shares--;
    }
    return shares;
  }

  /**
   * What a loop takes. Values of one step share memory where the steps of all shares are the same;
   * in a divided loop each has its own.
   */
  private record Memory(double steps, double other) {
    /** So much, or as much as the loop uses anyway, may be used by the values of a step. */
    private static final long MODEST = 1 << 25;

    boolean isModest() {
      return steps <= Math.max(MODEST, other);
    }
  }

  private Memory memory(Stmt.Loop l) {
    double steps = 0;
    double other = 0;
    for (int b : BufferUses.of(l).all()) {
      LoopProgramBuilder.Draft d = target.buffers.get(b);
      if (d.place() == null && d.loops().contains(target.loopIds.get(l))) {
        steps += bytes(d);
      } else {
        other += bytes(d);
      }
    }
    return new Memory(steps, other);
  }

  /** There may be more than a long counts. */
  private static double bytes(LoopProgramBuilder.Draft d) {
    return (double) d.type().size() * d.type().dtype().bytes();
  }

  /** What nests do, each once. */
  private static final class Work {
    private final IdentityHashMap<Stmt, Integer> axes;
    private final Set<Integer> written;

    /** Scalar instructions, and how many of them are in folds. */
    private double instructions;

    private double folded;

    /** Bytes that they read of what is the same for all examples. */
    private double reads;

    private int nests;

    /**
     * @param axes which axis of a nest has the examples
     * @param written buffers of the examples
     */
    Work(IdentityHashMap<Stmt, Integer> axes, Set<Integer> written) {
      this.axes = axes;
      this.written = written;
    }

    void add(List<Stmt> steps) {
      for (Stmt s : steps) {
        switch (s) {
          case Stmt.Nest n -> add(n, Objects.requireNonNull(axes.get(n)));
          case Stmt.Sort o -> add(o.traffic(), Objects.requireNonNull(axes.get(o)));
          case Stmt.Loop l -> add(l.body());
          case Stmt.Branch b -> {
            add(b.onTrue());
            add(b.onFalse());
          }
          case Stmt.Tell _, Stmt.While _ -> throw new AssertionError(s);
        }
      }
    }

    private void add(Stmt.Nest n, int axis) {
      double points = 1;
      for (Stmt.Axis a : n.axes()) {
        points *= a.length();
      }
      double all = points * n.body().size();
      instructions += all;
      folded += n.axes().stream().anyMatch(Stmt.Axis::reduce) ? all : 0;
      nests++;
      n.body().forEach(i -> reads += shared(n, i, axis));
      n.epilogue().forEach(i -> reads += shared(n, i, axis));
    }

    private double shared(Stmt.Nest n, Instr i, int axis) {
      return switch (i) {
        case Instr.Load l -> shared(n, l.dtype(), l.from(), axis, 1);
        case Instr.LoadAt l -> shared(n, l.dtype(), l.from(), axis, l.limit());
        case Instr.Store _, Instr.StoreAt _, Instr.Literal _, Instr.IndexOf _ -> 0;
        case Instr.Apply _, Instr.Convert _, Instr.RandomWord _ -> 0;
        case Instr.Fold _, Instr.DotFold _, Instr.Check _ -> 0;
      };
    }

    /** A gather reads at most {@code limit} elements for each at which it starts. */
    private double shared(Stmt.Nest n, DType dtype, Access a, int axis, long limit) {
      if (written.contains(a.buffer()) || a.at().inner().get(axis) != 0) {
        return 0;
      }
      double elements = 1;
      double points = 1;
      for (int d = 0; d < n.axes().size(); d++) {
        points *= d == axis ? 1 : n.axes().get(d).length();
        elements *= a.at().inner().get(d) == 0 ? 1 : n.axes().get(d).length();
      }
      return Math.min(elements * limit, points) * dtype.bytes();
    }
  }

  private List<Stmt> shares(Stmt.Loop l, Division division) {
    Stmt.Loop one = division.loop(l, this);
    // Every share starts with the buffers where the first one found them.
    Exchange exchange = Exchange.of(List.of(one));
    List<Stmt.Swap> back = exchange.inverse().swaps();
    Stmt.Loop all = new Stmt.Loop(division.shares, false, true, List.of(one), back);
    target.loopIds.put(all, target.loopId());
    if (exchange.isNone()) {
      return List.of(all);
    }
    Stmt.Loop once = new Stmt.Loop(1, false, false, List.of(), exchange.swaps());
    target.loopIds.put(once, target.loopId());
    return List.of(all, once);
  }

  /**
   * The steps of one share.
   *
   * @param axes which axis of a nest has the examples
   * @param depth loops around the loop over the shares
   */
  private record Division(IdentityHashMap<Stmt, Integer> axes, int shares, int depth) {
    Stmt.Loop loop(Stmt.Loop l, SplitLoops of) {
      Stmt.Loop own = new Stmt.Loop(l.length(), l.reverse(), false, steps(l.body(), of), l.swaps());
      of.as(l, own);
      return own;
    }

    private List<Stmt> steps(List<Stmt> steps, SplitLoops of) {
      List<Stmt> out = new ArrayList<>();
      for (Stmt s : steps) {
        out.add(
            switch (s) {
              case Stmt.Nest n -> nest(n, Objects.requireNonNull(axes.get(n)));
              case Stmt.Sort o -> sort(o, Objects.requireNonNull(axes.get(o)));
              case Stmt.Loop l -> loop(l, of);
              case Stmt.Branch b ->
                  new Stmt.Branch(
                      new Access(b.predicate().buffer(), within(b.predicate().at(), 0)),
                      steps(b.onTrue(), of),
                      steps(b.onFalse(), of));
              case Stmt.Tell _, Stmt.While _ -> throw new AssertionError(s);
            });
      }
      return out;
    }

    private Stmt.Nest nest(Stmt.Nest n, int axis) {
      List<Stmt.Axis> all = new ArrayList<>(n.axes());
      int length = all.get(axis).length() / shares;
      all.set(axis, new Stmt.Axis(length, false));
      return new Stmt.Nest(
          n.label(),
          all,
          code(n.body(), axis, length),
          code(n.epilogue(), axis, length),
          n.where());
    }

    private List<Instr> code(List<Instr> code, int axis, int length) {
      return code.stream()
          .map(i -> InstrRewriter.maps(i, at -> within(at, at.inner().get(axis) * length)))
          .toList();
    }

    private Stmt.Sort sort(Stmt.Sort o, int axis) {
      List<Integer> rows = new ArrayList<>(o.rows());
      int length = rows.get(axis) / shares;
      rows.set(axis, length);
      return new Stmt.Sort(
          o.op(),
          o.dtype(),
          rows,
          o.length(),
          row(o.from(), axis, length),
          row(o.to(), axis, length),
          o.where());
    }

    private Access row(Access a, int axis, int length) {
      return new Access(a.buffer(), within(a.at(), a.at().inner().get(axis) * length));
    }

    /** The map inside of the loop over the shares, whose counter has this stride. */
    private AffineMap within(AffineMap at, long stride) {
      List<Long> outer = new ArrayList<>(at.outer());
      outer.add(depth, stride);
      return new AffineMap(at.offset(), outer, at.inner());
    }
  }
}
