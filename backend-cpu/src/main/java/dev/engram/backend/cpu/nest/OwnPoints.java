package dev.engram.backend.cpu.nest;

import dev.engram.backend.cpu.nest.RowNest.Along;
import dev.engram.backend.cpu.nest.RowNest.Phase;
import dev.engram.backend.cpu.nest.RowNest.Slot;
import dev.engram.backend.cpu.run.Candidate;
import dev.engram.backend.cpu.run.KernelArgs;
import dev.engram.backend.cpu.vector.ProductClass;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.runtime.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Points of a nest or a product in memory that nothing else uses, for its code to be warmed up. */
public final class OwnPoints {
  /** Points of a nest take at most so much, where there is more than one. */
  private static final long SOME_BYTES = 1 << 18;

  private static final long MOST_BYTES = 1 << 22;

  private static final int MOST_ROWS = 8;

  /** Products that are added to each sum: enough turns for the JIT to call it a loop. */
  private static final int DEPTH = 8;

  /** Invocations after which the JIT has left the interpreter, and measures. */
  private static final int EMPTY = 300;

  /**
   * After those, one invocation of so many runs points of a nest. The JIT takes a call for rare,
   * and does not inline it, when it was made in fewer than one of a hundred invocations.
   */
  private static final int SOME = 64;

  private OwnPoints() {}

  /** At most {@code most} points of {@code nest}; null when one takes too much memory. */
  public static Candidate.@Nullable Points of(RowNest nest, int most) {
    int rows = nest.outer().isEmpty() ? 1 : Math.min(most, nest.outer().getLast());
    rows = Math.clamp(rows, 1, MOST_ROWS);
    BitSet used = used(nest);
    while (rows > 1 && bytes(nest, used, rows) > SOME_BYTES) {
      rows /= 2;
    }
    long bytes = bytes(nest, used, rows);
    if (bytes > MOST_BYTES) {
      return null;
    }
    KernelArgs args = new KernelArgs(nest.buffers(), nest.slots().size());
    MemorySegment memory = allocate(bytes);
    for (int s = 0; s < args.base.length; s++) {
      Slot slot = nest.slots().get(s);
      if (slot.buffer() >= 0) {
        args.segments[slot.buffer()] = memory;
      }
      if (used.get(s)) {
        args.base[s] = -span(nest, slot, rows)[0];
      }
    }
    return new Candidate.Points(
        args, rows, EMPTY, SOME, memory.asSlice(0, bytes), half(VectorFit.elementBytes(nest)));
  }

  /** The tiles that products of {@code most} rows use; null when they take too much memory. */
  public static Candidate.@Nullable Points of(ProductShape shape, int most) {
    int rows = most < ProductClass.ROWS ? most : ProductClass.ROWS + most % ProductClass.ROWS;
    int size = shape.dtype().bytes();
    long[] a = new long[2];
    add(a, shape.aRow(), rows);
    add(a, shape.aDepth(), DEPTH);
    long[] b = new long[2];
    add(b, shape.bDepth(), DEPTH);
    long c = rows * shape.cRow();
    long ofB = b[1] - b[0] + (long) shape.columns() * size;
    long bytes = Math.max(Math.max(a[1] - a[0] + size, ofB), 2 * c);
    if (bytes > MOST_BYTES) {
      return null;
    }
    KernelArgs args = ProductShape.operands();
    MemorySegment memory = allocate(bytes);
    args.segments[ProductShape.A] = memory;
    args.segments[ProductShape.B] = memory;
    args.segments[ProductShape.C] = memory;
    args.base[ProductShape.A] = -a[0];
    args.base[ProductShape.B] = -b[0];
    args.base[ProductShape.C] = c;
    ProductShape.set(args, DEPTH, 1, c);
    return new Candidate.Points(args, rows, EMPTY, 1, memory.asSlice(0, bytes), half(size));
  }

  private static MemorySegment allocate(long bytes) {
    return NativeMemory.allocate(
        bytes + HostTensor.SLACK, HostTensor.ALIGNMENT, "points that warm up code");
  }

  private static byte[] half(int size) {
    ByteBuffer b = ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
    return (size == DType.F64.bytes() ? b.putDouble(0.5) : b.putFloat(0.5f)).array();
  }

  /** The slots that the nest loads or stores; the epilogue of a product has more. */
  private static BitSet used(RowNest nest) {
    BitSet used = new BitSet();
    for (Phase p : List.of(nest.body(), nest.epilogue())) {
      p.loads().forEach(t -> used.set(t.slot()));
      p.stores().forEach(t -> used.set(t.slot()));
    }
    return used;
  }

  private static long bytes(RowNest nest, BitSet used, int rows) {
    return used.stream()
        .mapToObj(nest.slots()::get)
        .mapToLong(
            slot -> {
              long[] span = span(nest, slot, rows);
              return span[1] - span[0] + slot.dtype().bytes();
            })
        .max()
        .orElse(0);
  }

  /** The first and the last byte offset of elements in so many points. */
  private static long[] span(RowNest nest, Slot slot, int rows) {
    long[] span = new long[2];
    if (!nest.outer().isEmpty()) {
      add(span, slot.outer().getLast(), rows);
    }
    add(span, slot.row(), nest.tile());
    List<Integer> reduce = nest.reduce();
    for (int a = 0; a < reduce.size(); a++) {
      add(span, slot.reduce().get(a), reduce.get(a));
    }
    if (nest.along() == Along.FOLD) {
      add(span, slot.inner(), nest.inner());
    }
    return span;
  }

  private static void add(long[] span, long stride, long length) {
    long last = stride * (length - 1);
    span[last < 0 ? 0 : 1] += last;
  }
}
