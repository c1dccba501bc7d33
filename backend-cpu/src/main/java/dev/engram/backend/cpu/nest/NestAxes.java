package dev.engram.backend.cpu.nest;

import dev.engram.lower.Instr;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.List;

/** Decides which axes of a nest are merged, which one rows lie along, and how rows are tiled. */
final class NestAxes {
  /** One axis, or several that can be merged because they are contiguous in every index map. */
  record Axis(int length, boolean reduce, long[] strides) {}

  /** Rows along a folded axis have at least this many elements if they can lie along another. */
  private static final int SHORT = 16;

  /** Nests with at least this many points get several outer points if the row allows it. */
  private static final long WORTH_SPLITTING = 1 << 15;

  private final NestSlots slots;
  final List<Axis> parallel = new ArrayList<>();
  final List<Axis> reduce = new ArrayList<>();
  final RowNest.Along along;

  /** The parallel axis that rows lie along; removed from {@link #parallel}. */
  final Axis row;

  final boolean ordered;
  final int tile;

  /**
   * @param products whether a row may be that of a matrix product, which is as long as the result's
   */
  NestAxes(Stmt.Nest nest, NestSlots slots, boolean products) {
    this.slots = slots;
    List<Axis> joined = join(nest);
    for (Axis a : joined) {
      (a.reduce ? reduce : parallel).add(a);
    }
    ordered =
        nest.body().stream().anyMatch(Instr.StoreAt.class::isInstance)
            || nest.epilogue().stream().anyMatch(Instr.StoreAt.class::isInstance);
    int[] body = slots.plain(nest.body(), 0);
    int[] epilogue = slots.plain(nest.epilogue(), nest.body().size());
    int chosen;
    boolean product = products && !ordered && !reduce.isEmpty() && isProduct(nest);
    int columns = product ? columns(nest, epilogue) : -1;
    if (columns >= 0) {
      chosen = columns;
      along = RowNest.Along.ROW;
    } else if (ordered) {
      chosen = rereads(nest) || !reduce.isEmpty() ? -1 : parallel.size() - 1;
      along = reduce.isEmpty() ? RowNest.Along.ROW : RowNest.Along.FOLD;
    } else {
      int unit = unitAxis(body, epilogue);
      boolean foldUnit = !reduce.isEmpty() && isUnit(reduce.getLast(), body) && !isShort(nest);
      boolean rowWins = unit >= 0 && (!foldUnit || parallel.get(unit).length >= 8);
      along = reduce.isEmpty() || rowWins ? RowNest.Along.ROW : RowNest.Along.FOLD;
      chosen = along == RowNest.Along.ROW && unit >= 0 ? unit : parallel.size() - 1;
    }
    row = chosen >= 0 ? parallel.remove(chosen) : new Axis(1, false, new long[slots.keys().size()]);
    if (columns >= 0) {
      rowsLast();
    }
    tile = columns >= 0 ? row.length : tile();
  }

  /** True for two loads and the sum of their products: a matrix product. */
  private static boolean isProduct(Stmt.Nest nest) {
    return nest.body().size() == 3
        && nest.body().get(0) instanceof Instr.Load
        && nest.body().get(1) instanceof Instr.Load
        && nest.body().get(2) instanceof Instr.DotFold d
        && d.dtype().isFloat()
        && d.a() != d.b();
  }

  /**
   * True for folds of few products that take one after the other: rows of so few elements cost more
   * than what is in them.
   */
  private boolean isShort(Stmt.Nest nest) {
    int inner = reduce.getLast().length;
    return inner < SHORT
        && !parallel.isEmpty()
        && parallel.getLast().length > inner
        && nest.body().stream().anyMatch(Instr.DotFold.class::isInstance);
  }

  /** Returns the axis of a product's columns, along which one factor is fixed, or -1. */
  private int columns(Stmt.Nest nest, int[] epilogue) {
    int best = -1;
    int bestScore = -1;
    int a = slots.ofInstr(0);
    int b = slots.ofInstr(1);
    for (int p = 0; p < parallel.size(); p++) {
      Axis axis = parallel.get(p);
      boolean fixedA = axis.strides[a] == 0;
      boolean fixedB = axis.strides[b] == 0;
      if (fixedA == fixedB) {
        continue;
      }
      long moving = axis.strides[fixedA ? b : a];
      boolean contiguous = moving == ((Instr.Load) nest.body().get(0)).dtype().bytes();
      if (!contiguous && reduce.size() > 1) {
        continue;
      }
      int score =
          (isUnit(axis, epilogue) ? 4 : 0) + (contiguous ? 2 : 0) + (axis.length >= 8 ? 1 : 0);
      if (score >= bestScore) {
        best = p;
        bestScore = score;
      }
    }
    return best;
  }

  /** Moves the longest axis along which B is fixed to the end: the product's rows. */
  private void rowsLast() {
    int moving = row.strides[slots.ofInstr(0)] != 0 ? slots.ofInstr(0) : slots.ofInstr(1);
    int rows = -1;
    for (int p = 0; p < parallel.size(); p++) {
      boolean fixed = parallel.get(p).strides[moving] == 0;
      if (fixed && (rows < 0 || parallel.get(p).length >= parallel.get(rows).length)) {
        rows = p;
      }
    }
    if (rows >= 0) {
      parallel.add(parallel.remove(rows));
    }
  }

  private List<Axis> join(Stmt.Nest nest) {
    List<Axis> joined = new ArrayList<>();
    for (int a = 0; a < nest.axes().size(); a++) {
      Stmt.Axis axis = nest.axes().get(a);
      if (axis.length() == 1) {
        continue;
      }
      long[] strides = new long[slots.keys().size()];
      for (int s = 0; s < strides.length; s++) {
        strides[s] = slots.stride(s, a);
      }
      Axis next = new Axis(axis.length(), axis.reduce(), strides);
      if (!joined.isEmpty() && follows(joined.getLast(), next)) {
        Axis outer = joined.removeLast();
        next = new Axis(outer.length * next.length, next.reduce, next.strides);
      }
      joined.add(next);
    }
    return joined;
  }

  private static boolean follows(Axis outer, Axis inner) {
    if (outer.reduce != inner.reduce || (long) outer.length * inner.length > Integer.MAX_VALUE) {
      return false;
    }
    for (int s = 0; s < outer.strides.length; s++) {
      if (outer.strides[s] != inner.strides[s] * inner.length) {
        return false;
      }
    }
    return true;
  }

  /**
   * True when a buffer that is scattered into is also read, so that every point must see earlier
   * ones.
   */
  private static boolean rereads(Stmt.Nest nest) {
    List<Integer> written = new ArrayList<>();
    List<Integer> read = new ArrayList<>();
    List<Instr> code = new ArrayList<>(nest.body());
    code.addAll(nest.epilogue());
    for (Instr i : code) {
      switch (i) {
        case Instr.StoreAt s -> written.add(s.to().buffer());
        case Instr.Load l -> read.add(l.from().buffer());
        case Instr.LoadAt l -> read.add(l.from().buffer());
        case Instr.Store s -> read.add(s.to().buffer());
        case Instr.Literal _, Instr.IndexOf _, Instr.Apply _, Instr.Convert _ -> {}
        case Instr.RandomWord _, Instr.Fold _, Instr.DotFold _, Instr.Check _ -> {}
      }
    }
    return written.stream().anyMatch(read::contains);
  }

  private boolean isUnit(Axis axis, int[] accesses) {
    boolean moves = false;
    for (int s : accesses) {
      long stride = axis.strides[s];
      if (stride != 0 && stride != slots.keys().get(s).bytes()) {
        return false;
      }
      moves |= stride != 0;
    }
    return moves;
  }

  /** Returns the longest parallel axis along which every access is contiguous or fixed, or -1. */
  private int unitAxis(int[] body, int[] epilogue) {
    int best = -1;
    for (int a = 0; a < parallel.size(); a++) {
      Axis axis = parallel.get(a);
      boolean unit = isUnit(axis, body) && (epilogue.length == 0 || isUnit(axis, epilogue));
      boolean longer = best < 0 || axis.length >= Math.min(64, parallel.get(best).length);
      if (unit && longer) {
        best = a;
      }
    }
    return best;
  }

  private int tile() {
    if (ordered) {
      return Math.min(
          row.length, RowNest.LONGEST); // tiles follow each other in order, on one thread
    }
    long outer = 1;
    for (Axis a : parallel) {
      outer *= a.length;
    }
    long fold = 1;
    for (Axis a : reduce) {
      fold *= Math.max(1, a.length);
    }
    int tile = Math.min(row.length, RowNest.LONGEST);
    if (outer < 8 && outer * row.length * fold >= WORTH_SPLITTING) {
      long pieces = (8 + outer - 1) / outer;
      long least = along == RowNest.Along.ROW ? 64 : 1;
      long piece = (row.length + pieces - 1) / pieces;
      tile = (int) Math.min(tile, Math.max(least, (piece + least - 1) / least * least));
    }
    return tile;
  }
}
