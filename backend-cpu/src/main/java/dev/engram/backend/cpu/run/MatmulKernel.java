package dev.engram.backend.cpu.run;

import dev.engram.backend.cpu.nest.Matmul;
import dev.engram.backend.cpu.nest.ProductShape;
import dev.engram.backend.cpu.nest.RowNest;
import dev.engram.lower.FoldBlocks;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A matrix product block by block: some rows of C, then the epilogue over them while they are in
 * the cache. Where B is too large for it, more rows are a block, as many as their sums leave room
 * for: of B, the cache then has what one block of the fold needs, for all of these rows.
 */
public final class MatmulKernel implements Kernel {
  /** Rows of C in a block. */
  private static final int BLOCK = 16;

  /** Bytes from which B is too large, and to which sums are not. */
  private static final long CACHE = 1 << 18;

  /** Elements of a row that are packed at a time. */
  private static final int PACKED = 256;

  /** Bytes of a line of the cache. */
  private static final int LINE = 64;

  private final Matmul matmul;
  private final Kernel product;
  private final Kernel epilogue;
  private final int depth;
  private final long points;
  private final boolean accumulates;
  private final int waiting;
  private final boolean deep;
  private final int blockRows;

  /** Bytes of the sums of one fold block. */
  private final long blockBytes;

  /**
   * @param product a kernel of the product's {@link ProductShape}
   * @param epilogue runs over the same rows
   */
  public MatmulKernel(Matmul matmul, Kernel product, Kernel epilogue) {
    this.matmul = matmul;
    this.product = product;
    this.epilogue = epilogue;
    this.depth = matmul.depth();
    this.points = matmul.points();
    this.accumulates = matmul.shape().accumulates();
    this.deep = isDeep(matmul);
    this.blockRows = blockRows(matmul);
    this.blockBytes = blockRows * matmul.rowBytes();
    this.waiting = matmul.order().waiting(points);
  }

  private static boolean isDeep(Matmul matmul) {
    return matmul.points() > CACHE / matmul.rowBytes()
        && matmul.order().waiting(matmul.points()) > 0;
  }

  private static int blockRows(Matmul matmul) {
    if (!isDeep(matmul)) {
      return BLOCK;
    }
    long bytes = matmul.rowBytes() * (1 + matmul.order().waiting(matmul.points()));
    return (int) Math.max(BLOCK, CACHE / bytes / BLOCK * BLOCK);
  }

  // Every range of a deep product reads all of B.
  @Override
  public int pieces(int each) {
    return !deep ? Kernel.super.pieces(each) : each < 2 * blockRows ? 1 : 2;
  }

  @Override
  public void prepare(KernelArgs frame) {
    if (matmul.packs()) {
      pack(frame);
    }
  }

  // Packs B[k,n] row by row, some elements of each at a time: where the source is contiguous along
  // k, a line of the cache has what several of them need.
  private void pack(KernelArgs frame) {
    RowNest.Slot b = matmul.nest().slots().get(matmul.bSlot());
    long rowBytes = matmul.rowBytes();
    int size = matmul.dtype().bytes();
    MemorySegment to = frame.packed(depth * rowBytes);
    MemorySegment from = frame.segments[b.buffer()];
    long base = frame.base[matmul.bSlot()];
    for (int n = 0; n < matmul.columns(); n += PACKED) {
      int columns = Math.min(PACKED, matmul.columns() - n);
      for (int k = 0; k < depth; k++) {
        long source = base + k * b.reduce().getFirst() + n * b.row();
        long target = k * rowBytes + (long) n * size;
        if (size == Float.BYTES) {
          packFloats(from, source, b.row(), to, target, columns);
        } else {
          packDoubles(from, source, b.row(), to, target, columns);
        }
      }
    }
  }

  private static void packFloats(
      MemorySegment from, long source, long stride, MemorySegment to, long target, int columns) {
    for (int n = 0; n < columns; n++) {
      Elements.putF32(
          to, target + (long) n * Float.BYTES, Elements.getF32(from, source + n * stride));
    }
  }

  private static void packDoubles(
      MemorySegment from, long source, long stride, MemorySegment to, long target, int columns) {
    for (int n = 0; n < columns; n++) {
      Elements.putF64(
          to, target + (long) n * Double.BYTES, Elements.getF64(from, source + n * stride));
    }
  }

  // Computes each fold block after the rows of earlier blocks, and joins it with them at its end.
  private void product(KernelArgs operands, Scratch scratch, int rows) {
    long a = operands.base[ProductShape.A];
    long b = operands.base[ProductShape.B];
    if (points == 0) {
      clear(operands, 0, rows);
      return;
    }
    FoldBlocks blocks = scratch.walk(0);
    blocks.start(matmul.order().block(), matmul.order().share());
    int waiting = 0;
    for (long r = 0; r < points; ) {
      long end = Math.min(points, r + Math.min(blocks.left(), points));
      operands.base[ProductShape.C] = waiting * blockBytes;
      if (accumulates) {
        clear(operands, waiting * blockBytes, rows);
      }
      boolean whole = end - r == blocks.left();
      int sums = end == points ? waiting : whole ? blocks.next() : 0;
      while (r < end) {
        int k = (int) (r % depth);
        int n = (int) Math.min(depth - k, end - r);
        operands.base[ProductShape.A] = a + matmul.start(matmul.aSlot(), r);
        operands.base[ProductShape.B] = b + bStart(r);
        if (deep) {
          fetch(operands, scratch, n, rows);
        }
        r += n;
        ProductShape.set(operands, n, r == end ? sums : 0, blockBytes);
        product.run(operands, scratch, 0, rows);
      }
      waiting += 1 - sums;
    }
  }

  // What a block of the fold needs, line by line: a product that reads A along its columns would
  // wait for each of them.
  private void fetch(KernelArgs operands, Scratch scratch, int n, int rows) {
    int read = 0;
    if (matmul.aRow() > 0 && matmul.aRow() < LINE) {
      read += fetch(operands, ProductShape.A, n, matmul.aDepth(), rows * matmul.aRow());
    }
    read += fetch(operands, ProductShape.B, n, matmul.bDepth(), matmul.bytes());
    scratch.haveRead = read;
  }

  private static int fetch(KernelArgs operands, int operand, int n, long stride, long bytes) {
    if (stride < LINE) {
      return 0; // successive elements, which the processor foresees
    }
    MemorySegment from = operands.segments[operand];
    int read = 0;
    for (int k = 0; k < n; k++) {
      long at = operands.base[operand] + k * stride;
      for (long i = 0; i < bytes; i += LINE) {
        read += from.get(ValueLayout.JAVA_BYTE, at + i);
      }
    }
    return read;
  }

  private long bStart(long r) {
    return matmul.packs() ? r * matmul.bDepth() : matmul.start(matmul.bSlot(), r);
  }

  private void clear(KernelArgs operands, long at, int rows) {
    operands.segments[ProductShape.C].asSlice(at, rows * matmul.rowBytes()).fill((byte) 0);
  }

  @Override
  public void run(KernelArgs frame, Scratch scratch, int begin, int end) {
    KernelArgs block = scratch.block(frame);
    KernelArgs operands = scratch.operands();
    MemorySegment c = scratch.product((1 + waiting) * blockBytes);
    operands.segments[ProductShape.A] = matmul.rowsOf(frame);
    operands.segments[ProductShape.B] = matmul.columnsOf(frame);
    operands.segments[ProductShape.C] = c;
    block.segments[matmul.cBuffer()] = c;
    try {
      blocks(frame, block, operands, scratch, begin, end);
    } finally {
      block.clear();
      operands.clear();
    }
  }

  private void blocks(
      KernelArgs frame,
      KernelArgs block,
      KernelArgs operands,
      Scratch scratch,
      int begin,
      int end) {
    int rows = matmul.rows();
    long rowBytes = matmul.rowBytes();
    for (int q = begin; q < end; ) {
      int to = (int) Math.min(Math.min((long) q + blockRows, end), (long) q - q % rows + rows);
      operands.base[ProductShape.A] = matmul.at(frame, matmul.aSlot(), q);
      operands.base[ProductShape.B] = matmul.columnsAt(frame, q);
      operands.base[ProductShape.C] = 0;
      product(operands, scratch, to - q);
      block.base[matmul.cSlot()] = -q * rowBytes;
      epilogue.run(block, scratch, q, to);
      q = to;
    }
  }
}
