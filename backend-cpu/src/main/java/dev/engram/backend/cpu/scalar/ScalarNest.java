package dev.engram.backend.cpu.scalar;

import dev.engram.backend.cpu.nest.RowNest;
import dev.engram.backend.cpu.nest.RowNest.Along;
import dev.engram.backend.cpu.nest.RowNest.Fold;
import dev.engram.backend.cpu.nest.RowNest.Slot;
import dev.engram.backend.cpu.nest.RowNest.Transfer;
import dev.engram.backend.cpu.run.Folds;
import dev.engram.backend.cpu.run.Kernel;
import dev.engram.backend.cpu.run.KernelArgs;
import dev.engram.backend.cpu.run.RowFunction;
import dev.engram.backend.cpu.run.Scratch;
import dev.engram.ir.DType;
import java.util.List;

/**
 * The scalar twin of a nest: rows are copied into arrays, computed by generated functions over
 * arrays, and copied back. The surrounding loops are this one class for all nests, so that the JIT
 * compiles them early.
 */
public final class ScalarNest implements Kernel {
  private final RowNest nest;
  private final RowFunction[] body;
  private final RowFunction[] epilogue;
  private final Copies bodyLoads;
  private final Copies bodyStores;
  private final Copies epilogueLoads;
  private final Copies epilogueStores;
  private final int[] outer;
  private final int[] reduce;
  private final long[][] outerStrides;
  private final long[][] reduceStrides;
  private final long[] rowStride;
  private final long[] innerStride;
  private final long reducePoints;
  private final List<Fold> cut;

  public ScalarNest(RowNest nest, List<RowFunction> body, List<RowFunction> epilogue) {
    this.nest = nest;
    this.body = body.toArray(RowFunction[]::new);
    this.epilogue = epilogue.toArray(RowFunction[]::new);
    bodyLoads = new Copies(nest, nest.body().loads(), nest.along());
    bodyStores = new Copies(nest, nest.body().stores(), nest.along());
    epilogueLoads = new Copies(nest, nest.epilogue().loads(), Along.ROW);
    epilogueStores = new Copies(nest, nest.epilogue().stores(), Along.ROW);
    outer = ints(nest.outer());
    reduce = ints(nest.reduce());
    int slots = nest.slots().size();
    outerStrides = new long[slots][];
    reduceStrides = new long[slots][];
    rowStride = new long[slots];
    innerStride = new long[slots];
    for (int s = 0; s < slots; s++) {
      Slot slot = nest.slots().get(s);
      outerStrides[s] = longs(slot.outer());
      reduceStrides[s] = longs(slot.reduce());
      rowStride[s] = slot.row();
      innerStride[s] = slot.inner();
    }
    cut = nest.folds().stream().filter(Fold::isCut).toList();
    // Rows without elements must not be read: the memory that they would be read from is empty too.
    boolean empty = nest.along() == Along.FOLD && nest.inner() == 0;
    reducePoints = empty ? 0 : nest.reducePoints();
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  private static long[] longs(List<Long> list) {
    return list.stream().mapToLong(Long::longValue).toArray();
  }

  @Override
  public void run(KernelArgs frame, Scratch scratch, int begin, int end) {
    scratch.enter(frame, nest);
    try {
      points(frame, scratch, begin, end);
    } finally {
      scratch.leave();
    }
  }

  private void points(KernelArgs frame, Scratch scratch, int begin, int end) {
    long[] point = scratch.atPoint;
    int width = nest.along() == Along.ROW ? nest.tile() : 1;
    ScalarBlocks[] blocks = scratch.blocks(cut.size());
    for (int f = 0; f < blocks.length; f++) {
      blocks[f].set(cut.get(f), cut.get(f).lanes() * width);
    }
    for (int q = begin; q < end; q++) {
      advance(frame.base, outerStrides, outer, q, point);
      int length = nest.tile();
      if (nest.tiled()) {
        int tiles = outer[outer.length - 1];
        length = Math.min(length, nest.rowLength() - q % tiles * length);
      }
      if (nest.along() == Along.ROW) {
        rowwise(scratch, length, blocks);
      } else {
        foldwise(scratch, length, blocks);
      }
      if (epilogue.length > 0) {
        System.arraycopy(point, 0, scratch.at, 0, rowStride.length);
        call(scratch, epilogueLoads, epilogue, epilogueStores, length);
      }
    }
  }

  /** to[slot] = from[slot] + Σ strides[slot][a]·index_a of the row-major point q. */
  private static void advance(long[] from, long[][] strides, int[] lengths, long q, long[] to) {
    System.arraycopy(from, 0, to, 0, strides.length);
    long rest = q;
    for (int a = lengths.length - 1; a >= 0; a--) {
      long index = rest % lengths[a];
      rest /= lengths[a];
      if (index != 0) {
        for (int s = 0; s < strides.length; s++) {
          to[s] += strides[s][a] * index;
        }
      }
    }
  }

  private void rowwise(Scratch s, int length, ScalarBlocks[] blocks) {
    List<Fold> folds = nest.folds();
    for (int f = 0; f < folds.size(); f++) {
      start(s, folds.get(f), nest.tile());
    }
    start(blocks);
    for (long r = 0; r < reducePoints; r++) {
      ready(s, blocks, r);
      advance(s.atPoint, reduceStrides, reduce, r, s.at);
      s.r = (int) r;
      call(s, bodyLoads, body, bodyStores, length);
    }
    finish(s, blocks);
    for (int f = 0; f < folds.size(); f++) {
      finish(s, folds.get(f), nest.tile());
    }
  }

  private void foldwise(Scratch s, int length, ScalarBlocks[] blocks) {
    List<Fold> folds = nest.folds();
    int inner = nest.inner();
    for (int p = 0; p < length; p++) {
      for (int f = 0; f < folds.size(); f++) {
        start(s, folds.get(f), 1);
      }
      start(blocks);
      for (long r = 0; r < reducePoints; r++) {
        for (int from = 0; from < inner; ) {
          advance(s.atPoint, reduceStrides, reduce, r, s.at);
          for (int k = 0; k < rowStride.length; k++) {
            s.at[k] += p * rowStride[k] + from * innerStride[k];
          }
          long points = r * inner + from;
          ready(s, blocks, points);
          int n = toBlockEnd(blocks, points, Math.min(inner - from, RowNest.LONGEST));
          s.r = (int) points;
          call(s, bodyLoads, body, bodyStores, n);
          from += n;
        }
      }
      finish(s, blocks);
      for (int f = 0; f < folds.size(); f++) {
        Fold fold = folds.get(f);
        finish(s, fold, 1);
        System.arraycopy(s.rows[fold.states().getLast()], 0, s.rows[fold.result()], p, 1);
      }
    }
  }

  private static void start(ScalarBlocks[] blocks) {
    for (ScalarBlocks b : blocks) {
      b.start();
    }
  }

  private static void ready(Scratch s, ScalarBlocks[] blocks, long point) {
    for (ScalarBlocks b : blocks) {
      b.ready(s, point);
    }
  }

  private static int toBlockEnd(ScalarBlocks[] blocks, long points, int most) {
    long n = most;
    for (ScalarBlocks b : blocks) {
      n = Math.min(n, b.end() - points);
    }
    return (int) n;
  }

  private static void finish(Scratch s, ScalarBlocks[] blocks) {
    for (ScalarBlocks b : blocks) {
      b.finish(s);
    }
  }

  private static void start(Scratch s, Fold f, int length) {
    long bits = Folds.start(f.kind(), f.dtype());
    Folds.fill(s.rows[f.states().getFirst()], f.dtype(), f.lanes() * length, bits);
    if (f.states().size() > 1) {
      Folds.fill(s.rows[f.states().get(1)], DType.I32, length, 0);
    }
  }

  private static void finish(Scratch s, Fold f, int length) {
    if (f.lanes() > 1) {
      Folds.halve(s.rows[f.states().getFirst()], f.kind(), f.dtype(), f.lanes(), length);
    }
  }

  private static void call(Scratch s, Copies in, RowFunction[] passes, Copies out, int length) {
    in.load(s, length);
    for (RowFunction f : passes) {
      f.row(s, length);
    }
    out.store(s, length);
  }

  /** The rows that a phase copies. */
  private static final class Copies {
    private final int[] slot;
    private final int[] row;
    private final int[] buffer;
    private final long[] stride;
    private final DType[] dtype;

    /** For each row, whether the nest never writes the memory that it is loaded from. */
    private final boolean[] constant;

    Copies(RowNest nest, List<Transfer> transfers, Along along) {
      int n = transfers.size();
      slot = new int[n];
      row = new int[n];
      buffer = new int[n];
      stride = new long[n];
      dtype = new DType[n];
      constant = new boolean[n];
      for (int i = 0; i < n; i++) {
        Transfer t = transfers.get(i);
        Slot s = nest.slots().get(t.slot());
        slot[i] = t.slot();
        row[i] = t.row();
        buffer[i] = s.buffer();
        stride[i] = along == Along.ROW ? s.row() : s.inner();
        dtype[i] = s.dtype();
        constant[i] =
            !nest.ordered()
                && !writes(nest, nest.body(), s.buffer())
                && !writes(nest, nest.epilogue(), s.buffer());
      }
    }

    private static boolean writes(RowNest nest, RowNest.Phase phase, int buffer) {
      return phase.stores().stream().anyMatch(t -> nest.slots().get(t.slot()).buffer() == buffer);
    }

    void load(Scratch s, int length) {
      for (int i = 0; i < slot.length; i++) {
        long from = s.at[slot[i]];
        // a fixed element is read once, into element 0
        int n = stride[i] == 0 ? Math.min(length, 1) : length;
        if (constant[i] && s.loadedFrom[row[i]] == from && s.loaded[row[i]] >= n) {
          continue;
        }
        s.loadedFrom[row[i]] = from;
        s.loaded[row[i]] = n;
        RowCopies.load(s.segments[buffer[i]], from, stride[i], dtype[i], s.rows[row[i]], n);
      }
    }

    void store(Scratch s, int length) {
      for (int i = 0; i < slot.length; i++) {
        RowCopies.store(
            s.rows[row[i]], dtype[i], s.segments[buffer[i]], s.at[slot[i]], stride[i], length);
      }
    }
  }
}
