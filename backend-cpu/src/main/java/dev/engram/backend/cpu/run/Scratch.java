package dev.engram.backend.cpu.run;

import dev.engram.backend.cpu.code.HiddenClassWriter;
import dev.engram.backend.cpu.nest.ProductShape;
import dev.engram.backend.cpu.nest.RowNest;
import dev.engram.backend.cpu.scalar.RowCopies;
import dev.engram.backend.cpu.scalar.ScalarBlocks;
import dev.engram.backend.cpu.scalar.ScalarNest;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.runtime.NativeMemory;
import dev.engram.lower.FoldBlocks;
import java.lang.constant.ClassDesc;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One thread's memory for rows and for a nest's position in its loops; it grows and is reused. */
public final class Scratch {
  /** The class descriptor, for generated code. */
  public static final ClassDesc DESC = HiddenClassWriter.desc(Scratch.class);

  private static final MemorySegment[] NO_SEGMENTS = {};
  private static final KernelArgs NO_FRAME = new KernelArgs(0, 0);

  /** Longer arrays are not kept for later. */
  private static final int LONG = 1 << 18;

  /** The current nest's rows, arrays as {@link RowCopies} moves them. */
  public Object[] rows = {};

  /** For each row, the byte offset that it was last loaded from, -1 before the first load. */
  public long[] loadedFrom = {};

  /** For each row, how many elements were last loaded. */
  public int[] loaded = {};

  /** Each slot's byte offset or value at the start of the current row. */
  public long[] at = {};

  /** Each slot's byte offset or value at the current outer point. */
  public long[] atPoint = {};

  public MemorySegment[] segments = NO_SEGMENTS;

  /** The index of the reduction point at the start of the current row. */
  public int r;

  /** The walks for nests with n folds in blocks, by n; reused from nest to nest. */
  private ScalarBlocks[][] blocks = {{}};

  private FoldBlocks[] walks = {};

  private KernelArgs block = new KernelArgs(0, 0);
  private final KernelArgs operands = ProductShape.operands();

  /** Takes what is only read for the cache to have it, so that the JIT does not leave it out. */
  int haveRead;

  private MemorySegment product = MemorySegment.NULL;
  private MemorySegment memory = MemorySegment.NULL;
  private KernelArgs frame = NO_FRAME;

  private Object[] @Nullable [] matrices = {};

  private Object[][] pools = new Object[DType.values().length][0];
  private final int[] taken = new int[DType.values().length];

  /** Makes room for a nest. */
  public void enter(KernelArgs frame, RowNest nest) {
    this.frame = frame;
    this.segments = frame.segments;
    int slots = frame.base.length;
    if (at.length < slots) {
      at = new long[slots];
      atPoint = new long[slots];
    }
    List<RowNest.Row> wanted = nest.rows();
    if (rows.length < wanted.size()) {
      rows = new Object[wanted.size()];
      loadedFrom = new long[wanted.size()];
      loaded = new int[wanted.size()];
    }
    Arrays.fill(loadedFrom, -1);
    Arrays.fill(taken, 0);
    for (int i = 0; i < wanted.size(); i++) {
      rows[i] = take(wanted.get(i).dtype(), wanted.get(i).length());
    }
  }

  /** Releases the caller's memory. */
  public void leave() {
    segments = NO_SEGMENTS;
    frame = NO_FRAME;
  }

  /** Returns a part of {@code whole} for this thread, with one more segment and slot. */
  public KernelArgs block(KernelArgs whole) {
    if (block.segments.length <= whole.segments.length || block.base.length <= whole.base.length) {
      block =
          new KernelArgs(
              Math.max(block.segments.length, whole.segments.length + 1),
              Math.max(block.base.length, whole.base.length + 1));
    }
    block.partOf(whole);
    return block;
  }

  /** Returns the arguments for a kernel of a {@link ProductShape}. */
  public KernelArgs operands() {
    return operands;
  }

  /** Returns native memory for rows of a matrix product. */
  public MemorySegment product(long bytes) {
    if (product.byteSize() < bytes + HostTensor.SLACK) {
      product =
          NativeMemory.allocate(
              2 * bytes + HostTensor.SLACK, HostTensor.ALIGNMENT, "rows of threads");
    }
    return product;
  }

  /** Returns native memory of at least this many bytes, with slack; called by generated code. */
  public MemorySegment memory(long bytes) {
    if (memory.byteSize() < bytes + HostTensor.SLACK) {
      memory =
          NativeMemory.allocate(
              2 * bytes + HostTensor.SLACK, HostTensor.ALIGNMENT, "rows of threads");
    }
    return memory;
  }

  /** Returns the walks of this many folds of a {@link ScalarNest}. */
  public ScalarBlocks[] blocks(int folds) {
    if (folds >= blocks.length) {
      int known = blocks.length;
      blocks = Arrays.copyOf(blocks, folds + 1);
      for (int n = known; n <= folds; n++) {
        blocks[n] = new ScalarBlocks[n];
        Arrays.setAll(blocks[n], _ -> new ScalarBlocks());
      }
    }
    return blocks[folds];
  }

  /** Returns a walk; called by generated code. */
  public FoldBlocks walk(int number) {
    if (number >= walks.length) {
      int known = walks.length;
      walks = Arrays.copyOf(walks, number + 1);
      for (int n = known; n <= number; n++) {
        walks[n] = new FoldBlocks();
      }
    }
    return walks[number];
  }

  /** Reports a failed check; called by generated code. */
  public void fail(int instr, long value, long point, long position) {
    frame.fail(instr, value, point, position);
  }

  /** Returns an array for code that does not use the rows of a nest. A long one is not kept. */
  public Object array(DType dtype, int number, int length) {
    if (length > LONG) {
      return fresh(dtype, length);
    }
    taken[dtype.ordinal()] = number;
    return take(dtype, length);
  }

  /**
   * Returns arrays of at least this length, {@code float[][]} for f32 and {@code double[][]} for
   * f64; two numbers have different ones. Many elements are not kept.
   */
  public Object[] rows(DType dtype, int number, int rows, int length) {
    int at = 2 * number + (dtype == DType.F32 ? 0 : 1);
    if (at >= matrices.length) {
      matrices = Arrays.copyOf(matrices, at + 2);
    }
    Object[] known = matrices[at];
    if (known != null && known.length >= rows && Array.getLength(known[0]) >= length) {
      return known;
    }
    Object[] fresh;
    // products of different forms in turn must not make new ones each time
    int most = known == null ? rows : Math.max(rows, known.length);
    int longest = known == null ? length : Math.max(length, Array.getLength(known[0]));
    if ((long) most * longest <= LONG) {
      fresh = freshRows(dtype, most, longest);
    } else {
      fresh = freshRows(dtype, rows, length);
      if ((long) rows * length > LONG) {
        return fresh;
      }
    }
    matrices[at] = fresh;
    return fresh;
  }

  private static Object[] freshRows(DType dtype, int rows, int length) {
    return dtype == DType.F32
        ? new float[Math.max(1, rows)][length]
        : new double[Math.max(1, rows)][length];
  }

  private Object take(DType dtype, int length) {
    int t = dtype.ordinal();
    int n = taken[t]++;
    if (n >= pools[t].length) {
      pools[t] = Arrays.copyOf(pools[t], Math.max(8, 2 * n));
    }
    Object row = pools[t][n];
    if (row == null || Array.getLength(row) < length) {
      row = fresh(dtype, length);
      pools[t][n] = row;
    }
    return row;
  }

  private static Object fresh(DType dtype, int length) {
    return switch (dtype) {
      case F32 -> new float[length];
      case F64 -> new double[length];
      case I32 -> new int[length];
      case I64 -> new long[length];
      case F16, BF16 -> new char[length];
      case I16 -> new short[length];
      case I8, U8, BOOL -> new byte[length];
    };
  }
}
