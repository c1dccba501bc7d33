package dev.engram.lower;

import dev.engram.ir.DType;
import dev.engram.ir.Reduce;
import dev.engram.ir.Rows;
import dev.engram.ir.Where;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Decides the order of a nest's axes, joins those that are one run of memory, and spreads folds
 * over lanes.
 */
final class NestShape {
  /** Partial sums of a fold along memory. */
  static final int LANES = 16;

  private final int[] length;
  private final boolean[] reduce;
  private List<Instr> body;
  private List<Instr> epilogue;

  private NestShape(int[] length, boolean[] reduce, List<Instr> body, List<Instr> epilogue) {
    this.length = length;
    this.reduce = reduce;
    this.body = body;
    this.epilogue = epilogue;
  }

  static Step.Nest shape(
      String label,
      int[] length,
      boolean[] reduce,
      List<Instr> body,
      List<Instr> epilogue,
      Where where) {
    NestShape s = new NestShape(length, reduce, body, epilogue);
    List<List<Integer>> order = s.joined(s.order());
    List<Step.Axis> axes = new ArrayList<>();
    for (List<Integer> run : order) {
      axes.add(new Step.Axis((int) s.points(run), reduce[run.getFirst()]));
    }
    s.lanes(order);
    return new Step.Nest(
        label,
        axes,
        s.body.stream().map(i -> Rewrite.maps(i, m -> permute(m, order))).toList(),
        s.epilogue.stream().map(i -> Rewrite.maps(i, m -> permute(m, order))).toList(),
        where);
  }

  private static Affine permute(Affine m, List<List<Integer>> order) {
    return new Affine(
        m.offset(), m.outer(), order.stream().map(run -> m.inner().get(run.getLast())).toList());
  }

  private static List<Affine> memory(List<Instr> code, boolean stores) {
    List<Affine> maps = new ArrayList<>();
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

  private List<Affine> all(boolean stores) {
    List<Affine> maps = memory(body, stores);
    maps.addAll(memory(epilogue, stores));
    return maps;
  }

  private static long stride(Affine m, int axis) {
    return Math.abs(m.inner().get(axis));
  }

  // Parallel axes by falling stride of what is written, with the one along memory innermost; then
  // reduction axes by falling stride of what is read.
  private List<Integer> order() {
    List<Integer> parallel = axes(false);
    List<Integer> folded = axes(true);
    if (isOrdered()) {
      parallel.addAll(folded);
      return parallel;
    }
    List<Affine> stores = all(true);
    List<Affine> loads = all(false);
    List<Affine> leading = stores.isEmpty() ? loads : stores;
    if (!leading.isEmpty()) {
      Affine first = leading.getFirst();
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
    List<Affine> reads = memory(body, false);
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

  // Updates and checks happen in row-major order; the first extreme is the first in that order.
  private boolean isOrdered() {
    return body.stream()
        .anyMatch(
            i ->
                i instanceof Instr.StoreAt
                    || i instanceof Instr.Check
                    || (i instanceof Instr.Fold f
                        && (f.kind() == Reduce.Kind.ARGMAX || f.kind() == Reduce.Kind.ARGMIN)));
  }

  private static int score(int axis, List<Affine> loads, List<Affine> stores) {
    int s = 0;
    for (Affine m : loads) {
      s += stride(m, axis) == 1 ? 2 : stride(m, axis) == 0 ? 0 : -1;
    }
    for (Affine m : stores) {
      s += stride(m, axis) == 1 ? 4 : stride(m, axis) == 0 ? 0 : -4;
    }
    return s;
  }

  // Neighbouring axes that every index map walks as one.
  private List<List<Integer>> joined(List<Integer> order) {
    List<Affine> maps = new ArrayList<>();
    body.forEach(i -> Rewrite.maps(i, m -> keep(maps, m)));
    epilogue.forEach(i -> Rewrite.maps(i, m -> keep(maps, m)));
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

  private static Affine keep(List<Affine> maps, Affine m) {
    maps.add(m);
    return m;
  }

  // Folds along memory that no parallel axis can run in vectors get partial results.
  private void lanes(List<List<Integer>> order) {
    int inner = -1;
    int across = -1;
    long points = 0;
    for (List<Integer> run : order) {
      if (reduce[run.getLast()]) {
        inner = run.getLast();
        points = points(run);
      } else {
        across = run.getLast();
      }
    }
    if (inner < 0 || points < LANES || (across >= 0 && isVector(across)) || !isAlongMemory(inner)) {
      return;
    }
    for (int i = 0; i < body.size(); i++) {
      switch (body.get(i)) {
        case Instr.Fold f when spreads(f.kind()) ->
            body.set(i, new Instr.Fold(f.kind(), f.dtype(), f.value(), LANES));
        case Instr.DotFold d -> {
          product(i, d);
          i++;
        }
        case Instr _ -> {}
      }
    }
  }

  private boolean isVector(int axis) {
    boolean any = false;
    for (Affine m : all(false)) {
      any |= stride(m, axis) == 1;
      if (stride(m, axis) > 1) {
        return false;
      }
    }
    return any && all(true).stream().allMatch(m -> stride(m, axis) == 1);
  }

  private boolean isAlongMemory(int axis) {
    boolean any = false;
    for (Affine m : memory(body, false)) {
      any |= m.inner().get(axis) == 1;
      if (m.inner().get(axis) != 0 && m.inner().get(axis) != 1) {
        return false;
      }
    }
    return any && memory(body, true).stream().allMatch(m -> m.inner().get(axis) == 1);
  }

  private static boolean spreads(Reduce.Kind kind) {
    return switch (kind) {
      case SUM, PROD, MAX, MIN -> true;
      case ANY, ALL, ARGMAX, ARGMIN -> false;
    };
  }

  // Σ a b in lanes is a product and a sum.
  private void product(int i, Instr.DotFold d) {
    DType t = d.dtype();
    body.set(i, new Instr.Apply(Rows.MUL, t, List.of(d.a(), d.b())));
    List<Instr> moved = new ArrayList<>(body.subList(0, i + 1));
    moved.add(new Instr.Fold(Reduce.Kind.SUM, t, i, LANES));
    body.subList(i + 1, body.size()).forEach(x -> moved.add(Rewrite.values(x, v -> later(v, i))));
    body = moved;
    epilogue =
        new ArrayList<>(epilogue.stream().map(x -> Rewrite.values(x, v -> later(v, i))).toList());
  }

  private static int later(int v, int i) {
    return v >= i ? v + 1 : v;
  }
}
