package dev.engram.lower.emit;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.op.Reduce;
import dev.engram.lower.AffineMap;
import dev.engram.lower.FoldOrder;
import dev.engram.lower.Instr;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Decides the order of a nest's axes and of its folds, and merges axes that are contiguous in
 * memory.
 */
final class AxisOrder {
  private final int[] length;
  private final boolean[] reduce;
  private final List<Instr> body;
  private final List<Instr> epilogue;

  private AxisOrder(int[] length, boolean[] reduce, List<Instr> body, List<Instr> epilogue) {
    this.length = length;
    this.reduce = reduce;
    this.body = body;
    this.epilogue = epilogue;
  }

  static Stmt.Nest shape(
      String label,
      int[] length,
      boolean[] reduce,
      List<Instr> body,
      List<Instr> epilogue,
      SourceLocation where) {
    AxisOrder s = new AxisOrder(length, reduce, body, epilogue);
    List<List<Integer>> order = s.joined(s.order());
    List<Stmt.Axis> axes = new ArrayList<>();
    for (List<Integer> run : order) {
      axes.add(new Stmt.Axis((int) s.points(run), reduce[run.getFirst()]));
    }
    s.orders(order);
    return new Stmt.Nest(
        label,
        axes,
        s.body.stream().map(i -> InstrRewriter.maps(i, m -> permute(m, order))).toList(),
        s.epilogue.stream().map(i -> InstrRewriter.maps(i, m -> permute(m, order))).toList(),
        where);
  }

  private static AffineMap permute(AffineMap m, List<List<Integer>> order) {
    return new AffineMap(
        m.offset(), m.outer(), order.stream().map(run -> m.inner().get(run.getLast())).toList());
  }

  private static List<AffineMap> memory(List<Instr> code, boolean stores) {
    List<AffineMap> maps = new ArrayList<>();
    for (Instr i : code) {
      switch (i) {
        case Instr.Load l when !stores -> maps.add(l.from().at());
        case Instr.LoadAt l when !stores -> maps.add(l.from().at());
        case Instr.Store s when stores -> maps.add(s.to().at());
        case Instr.StoreAt s when stores -> maps.add(s.to().at());
        case Instr.Load _, Instr.LoadAt _, Instr.Store _, Instr.StoreAt _ -> {}
        case Instr.Literal _, Instr.IndexOf _, Instr.Apply _, Instr.Convert _ -> {}
        case Instr.RandomWord _, Instr.Fold _, Instr.DotFold _, Instr.Check _ -> {}
      }
    }
    return maps;
  }

  private List<AffineMap> all(boolean stores) {
    List<AffineMap> maps = memory(body, stores);
    maps.addAll(memory(epilogue, stores));
    return maps;
  }

  private static long stride(AffineMap m, int axis) {
    return Math.abs(m.inner().get(axis));
  }

  // Parallel axes by descending stride of what is written, with the one along memory innermost;
  // then reduction axes by descending stride of what is read.
  private List<Integer> order() {
    List<Integer> parallel = axes(false);
    List<Integer> folded = axes(true);
    if (isOrdered()) {
      parallel.addAll(folded);
      return parallel;
    }
    List<AffineMap> stores = all(true);
    List<AffineMap> loads = all(false);
    List<AffineMap> leading = stores.isEmpty() ? loads : stores;
    if (!leading.isEmpty()) {
      AffineMap first = leading.getFirst();
      parallel.sort(Comparator.comparingLong(a -> -stride(first, a)));
    }
    parallel.stream()
        .max(Comparator.comparingInt(a -> score(a, loads, stores)))
        .filter(a -> score(a, loads, stores) > 0)
        .ifPresent(
            a -> {
              parallel.remove(a);
              parallel.add(a);
            });
    List<AffineMap> reads = memory(body, false);
    reads.stream()
        .filter(m -> folded.stream().anyMatch(a -> stride(m, a) != 0))
        .findFirst()
        .ifPresent(m -> folded.sort(Comparator.comparingLong(a -> -stride(m, a))));
    parallel.addAll(folded);
    return parallel;
  }

  private List<Integer> axes(boolean folded) {
    List<Integer> all = new ArrayList<>();
    for (int a = 0; a < length.length; a++) {
      if (reduce[a] == folded) {
        all.add(a);
      }
    }
    return all;
  }

  // Updates and checks happen in row-major order, which also defines the first extreme.
  private boolean isOrdered() {
    return body.stream()
        .anyMatch(
            i ->
                i instanceof Instr.StoreAt
                    || i instanceof Instr.Check
                    || (i instanceof Instr.Fold f
                        && (f.kind() == Reduce.Kind.ARGMAX || f.kind() == Reduce.Kind.ARGMIN)));
  }

  private static int score(int axis, List<AffineMap> loads, List<AffineMap> stores) {
    int s = 0;
    for (AffineMap m : loads) {
      s += stride(m, axis) == 1 ? 2 : stride(m, axis) == 0 ? 0 : -1;
    }
    for (AffineMap m : stores) {
      s += stride(m, axis) == 1 ? 4 : stride(m, axis) == 0 ? 0 : -4;
    }
    return s;
  }

  // Neighbouring axes that are contiguous in every index map.
  private List<List<Integer>> joined(List<Integer> order) {
    List<AffineMap> maps = new ArrayList<>();
    body.forEach(i -> InstrRewriter.maps(i, m -> keep(maps, m)));
    epilogue.forEach(i -> InstrRewriter.maps(i, m -> keep(maps, m)));
    List<List<Integer>> runs = new ArrayList<>();
    for (int a : order) {
      List<Integer> last = runs.isEmpty() ? List.of() : runs.getLast();
      boolean one =
          !last.isEmpty()
              && reduce[last.getLast()] == reduce[a]
              && points(last) * length[a] <= Integer.MAX_VALUE
              && maps.stream()
                  .allMatch(
                      m -> m.inner().get(last.getLast()) == m.inner().get(a) * (long) length[a]);
      if (one) {
        last.add(a);
      } else {
        runs.add(new ArrayList<>(List.of(a)));
      }
    }
    return runs;
  }

  private long points(List<Integer> run) {
    return run.stream().mapToLong(a -> length[a]).reduce(1, (a, b) -> a * b);
  }

  private static AffineMap keep(List<AffineMap> maps, AffineMap m) {
    maps.add(m);
    return m;
  }

  // Sets the order of every fold, now that the outermost reduction axis is known.
  private void orders(List<List<Integer>> order) {
    List<List<Integer>> folded = order.stream().filter(run -> reduce[run.getFirst()]).toList();
    if (folded.isEmpty()) {
      return;
    }
    long outer = length[folded.getFirst().getFirst()];
    long points = folded.stream().mapToLong(this::points).reduce(1, (a, b) -> a * b);
    for (int i = 0; i < body.size(); i++) {
      body.set(i, ordered(body.get(i), outer, outer == 0 ? 0 : points / outer));
    }
  }

  private static Instr ordered(Instr i, long outer, long inner) {
    return switch (i) {
      case Instr.Fold f when FoldOrder.rounds(f.kind(), f.dtype()) ->
          new Instr.Fold(
              f.kind(), f.dtype(), f.value(), FoldOrder.sum(f.order().lanes(), outer, inner));
      case Instr.DotFold d when d.dtype().isFloat() ->
          new Instr.DotFold(d.dtype(), d.a(), d.b(), FoldOrder.product(outer, inner));
      case Instr _ -> i;
    };
  }
}
