package dev.engram.lower.inspect;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.checks.SaturatedCount;
import dev.engram.lower.Access;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Statistics of a loop program: its nests, the memory traffic and the arithmetic of each in one run
 * of the program. Both sides of a branch count.
 *
 * @param rows one for each nest, in program order
 * @param arenaBytes the program's own memory
 */
public record FusionReport(List<Row> rows, long arenaBytes) {
  public FusionReport {
    rows = List.copyOf(rows);
  }

  /**
   * One nest.
   *
   * @param ops number of elementwise ops, casts and folds in the nest
   * @param runs maximum number of runs; in a while loop without a bound, per iteration
   * @param bytes read and written in all runs, each element once per run; gathers count one element
   *     per point
   * @param flops arithmetic in all runs; a multiply-add is two
   */
  public record Row(
      String label, SourceLocation where, int ops, long runs, long bytes, long flops) {}

  /** Counts {@code program}. */
  public static FusionReport of(LoopProgram program) {
    List<Row> rows = new ArrayList<>();
    collect(program, program.steps(), 1, rows);
    return new FusionReport(rows, program.arenaBytes());
  }

  private static void collect(LoopProgram p, List<Stmt> steps, long runs, List<Row> rows) {
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Nest n -> rows.add(row(p, n, runs));
        case Stmt.Sort o -> rows.add(row(p, o.traffic(), runs));
        // Its cost is that of the host.
        case Stmt.Tell _ -> {}
        case Stmt.Loop l -> collect(p, l.body(), SaturatedCount.product(runs, l.length()), rows);
        case Stmt.While w -> {
          long most = SaturatedCount.product(runs, w.bound().orElse(1));
          collect(p, w.condition(), most, rows);
          collect(p, w.body(), most, rows);
        }
        case Stmt.Branch b -> {
          collect(p, b.onTrue(), runs, rows);
          collect(p, b.onFalse(), runs, rows);
        }
      }
    }
  }

  private static Row row(LoopProgram p, Stmt.Nest n, long runs) {
    long all = 1;
    long kept = 1;
    for (Stmt.Axis a : n.axes()) {
      all = SaturatedCount.product(all, a.length());
      kept = SaturatedCount.product(kept, a.reduce() ? 1 : a.length());
    }
    Set<Object> moved = new HashSet<>();
    long bytes = 0;
    long flops = 0;
    int ops = 0;
    int folded = n.body().size();
    for (int at = 0; at < folded + n.epilogue().size(); at++) {
      Instr i = at < folded ? n.body().get(at) : n.epilogue().get(at - folded);
      long points = at < folded ? all : kept;
      flops = SaturatedCount.sum(flops, SaturatedCount.product(points, flops(i)));
      ops += isOp(i) ? 1 : 0;
      Access a = access(i);
      if (a != null && moved.add(List.of(a, i instanceof Instr.Store))) {
        long width = p.buffers().get(a.buffer()).type().dtype().bytes();
        long elements = isDirect(i) ? elements(n, a) : points;
        bytes = SaturatedCount.sum(bytes, SaturatedCount.product(width, elements));
      }
    }
    return new Row(
        n.label(),
        n.where(),
        ops,
        runs,
        SaturatedCount.product(runs, bytes),
        SaturatedCount.product(runs, flops));
  }

  private static long elements(Stmt.Nest n, Access a) {
    long count = 1;
    for (int d = 0; d < n.axes().size(); d++) {
      int each = a.at().inner().get(d) == 0 ? 1 : n.axes().get(d).length();
      count = SaturatedCount.product(count, each);
    }
    return count;
  }

  private static @org.jspecify.annotations.Nullable Access access(Instr i) {
    return switch (i) {
      case Instr.Load l -> l.from();
      case Instr.LoadAt l -> l.from();
      case Instr.Store s -> s.to();
      case Instr.StoreAt s -> s.to();
      case Instr.Literal _, Instr.IndexOf _, Instr.Apply _, Instr.Convert _ -> null;
      case Instr.RandomWord _, Instr.Fold _, Instr.DotFold _, Instr.Check _ -> null;
    };
  }

  private static boolean isDirect(Instr i) {
    return i instanceof Instr.Load || i instanceof Instr.Store;
  }

  private static long flops(Instr i) {
    return switch (i) {
      case Instr.Apply a -> a.dtype().isFloat() ? 1 : 0;
      case Instr.Fold f -> f.dtype().isFloat() ? 1 : 0;
      case Instr.DotFold f -> f.dtype().isFloat() ? 2 : 0;
      case Instr.Load _, Instr.Literal _, Instr.IndexOf _, Instr.Convert _, Instr.LoadAt _ -> 0;
      case Instr.RandomWord _, Instr.Store _, Instr.StoreAt _, Instr.Check _ -> 0;
    };
  }

  private static boolean isOp(Instr i) {
    return switch (i) {
      case Instr.Apply _, Instr.Fold _, Instr.DotFold _, Instr.Convert _ -> true;
      case Instr.RandomWord _, Instr.Check _, Instr.LoadAt _, Instr.StoreAt _ -> true;
      case Instr.Load _, Instr.Literal _, Instr.IndexOf _, Instr.Store _ -> false;
    };
  }

  /** Returns the number of nests in the program. */
  public int nests() {
    return rows.size();
  }

  /** Returns the number of ops in all nests. */
  public int ops() {
    return rows.stream().mapToInt(Row::ops).sum();
  }

  /** Returns the bytes moved in one run, {@link Long#MAX_VALUE} where it is more. */
  public long bytes() {
    return rows.stream().mapToLong(Row::bytes).reduce(0, SaturatedCount::sum);
  }

  /** Returns the arithmetic operations in one run, {@link Long#MAX_VALUE} where it is more. */
  public long flops() {
    return rows.stream().mapToLong(Row::flops).reduce(0, SaturatedCount::sum);
  }

  /** Returns a table, the nests with the most memory traffic first, then the totals. */
  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(Locale.ROOT, "%8s %5s %12s %12s  nest%n", "runs", "ops", "kB", "kflop"));
    rows.stream()
        .sorted(java.util.Comparator.comparingLong(r -> -r.bytes()))
        .forEach(r -> out.append(line(r.runs(), r.ops(), r.bytes(), r.flops(), name(r))));
    out.append(
        line(1, ops(), bytes(), flops(), nests() + " nests, arena " + arenaBytes + " bytes"));
    return out.toString();
  }

  private static String name(Row r) {
    return r.where().isKnown() ? r.label() + "  // " + r.where() : r.label();
  }

  private static String line(long runs, int ops, long bytes, long flops, String name) {
    return String.format(
        Locale.ROOT, "%8d %5d %12d %12d  %s%n", runs, ops, bytes / 1000, flops / 1000, name);
  }
}
