package dev.engram.backend.cpu.nest;

import dev.engram.backend.cpu.nest.RowNest.Along;
import dev.engram.backend.cpu.nest.RowNest.Effect;
import dev.engram.backend.cpu.nest.RowNest.Phase;
import dev.engram.backend.cpu.nest.RowNest.Slot;
import dev.engram.backend.cpu.nest.RowNest.Transfer;
import dev.engram.backend.cpu.run.KernelArgs;
import dev.engram.ir.DType;
import dev.engram.lower.FoldOrder;
import dev.engram.lower.lanes.LaneProgram.Op;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A nest that is a matrix product C[q,n] = Σ_k A[q,k] B[k,n] with an epilogue over C's rows, or a
 * sum of such products over further folded axes, as in a convolution. Strides are in bytes.
 *
 * @param nest the whole nest; its last outer axis is that of the product's rows, along which B is
 *     fixed
 * @param aSlot slot of A
 * @param bSlot slot of B
 * @param packs whether B's rows are not contiguous and are packed first
 * @param epilogue the epilogue as a separate nest, which reads C from an additional buffer and slot
 */
public record Matmul(RowNest nest, int aSlot, int bSlot, boolean packs, RowNest epilogue) {

  /** Matches {@code nest} as a product. */
  static Optional<Matmul> of(RowNest nest) {
    if (nest.along() != Along.ROW
        || nest.ordered()
        || nest.tiled()
        || nest.reduce().isEmpty()
        || nest.folds().size() != 1
        || nest.epilogue().passes().isEmpty()
        || nest.body().passes().size() != 1
        || !nest.body().stores().isEmpty()) {
      return Optional.empty();
    }
    List<Effect> effects = nest.body().passes().getFirst().effects();
    if (effects.size() != 1
        || !(effects.getFirst() instanceof Effect.Accumulate acc)
        || acc.value().op != Op.FMA
        || acc.value().arg(0).op != Op.LOAD
        || acc.value().arg(1).op != Op.LOAD
        || acc.value().arg(2).op != Op.STATE) {
      return Optional.empty();
    }
    int x = slot(nest, (int) acc.value().arg(0).bits);
    int y = slot(nest, (int) acc.value().arg(1).bits);
    boolean swapped = nest.slots().get(x).row() != 0;
    int a = swapped ? y : x;
    int b = swapped ? x : y;
    Slot bs = nest.slots().get(b);
    boolean packs = bs.row() != bs.dtype().bytes();
    boolean batched = bs.outer().stream().anyMatch(s -> s != 0);
    if (nest.slots().get(a).row() != 0
        || bs.row() == 0
        || (!bs.outer().isEmpty() && bs.outer().getLast() != 0)
        || (packs && (batched || nest.reduce().size() > 1))) {
      return Optional.empty();
    }
    return Optional.of(new Matmul(nest, a, b, packs, epilogue(nest)));
  }

  private static int slot(RowNest nest, int row) {
    for (Transfer t : nest.body().loads()) {
      if (t.row() == row) {
        return t.slot();
      }
    }
    throw new IllegalStateException("row " + row + " is not loaded");
  }

  // C's rows are contiguous in a block of the thread; its slot counts from outer point 0.
  private static RowNest epilogue(RowNest nest) {
    DType dtype = nest.folds().getFirst().dtype();
    long stride = rowBytes(nest);
    List<Long> outer = new ArrayList<>();
    for (int n : nest.outer().reversed()) {
      outer.addFirst(stride);
      stride *= n;
    }
    List<Slot> slots = new ArrayList<>();
    for (Slot s : nest.slots()) {
      slots.add(new Slot(s.buffer(), s.dtype(), s.outer(), s.row(), List.of(), 0));
    }
    slots.add(new Slot(nest.buffers(), dtype, List.copyOf(outer), dtype.bytes(), List.of(), 0));
    Phase after = nest.epilogue();
    List<Transfer> loads = new ArrayList<>(after.loads());
    loads.add(new Transfer(nest.slots().size(), nest.folds().getFirst().result()));
    return new RowNest(
        nest.outer(),
        nest.rowLength(),
        nest.tile(),
        List.of(),
        Along.ROW,
        0,
        false,
        List.copyOf(slots),
        nest.rows(),
        List.of(),
        new Phase(List.copyOf(loads), after.stores(), after.passes()),
        new Phase(List.of(), List.of(), List.of()));
  }

  /** Returns the bytes from one row of C to the next. */
  static long rowBytes(RowNest nest) {
    return (bytes(nest) + 63) / 64 * 64;
  }

  private static long bytes(RowNest nest) {
    return (long) nest.rowLength() * nest.folds().getFirst().dtype().bytes();
  }

  /** Returns the bytes of the elements of a row of B. */
  public long bytes() {
    return bytes(nest);
  }

  public long rowBytes() {
    return rowBytes(nest);
  }

  public DType dtype() {
    return nest.folds().getFirst().dtype();
  }

  /** Returns the length of the innermost folded axis. */
  public int depth() {
    return nest.reduce().getLast();
  }

  /** Returns the number of products in each sum, over all folded axes. */
  public long points() {
    return nest.foldedPoints();
  }

  public FoldOrder order() {
    return nest.folds().getFirst().order();
  }

  /** Returns the byte offset of the products from point {@code r} of the folded axes on. */
  public long start(int slot, long r) {
    List<Long> strides = nest.slots().get(slot).reduce();
    long at = 0;
    long rest = r;
    for (int a = nest.reduce().size() - 1; a >= 0; a--) {
      at += strides.get(a) * (rest % nest.reduce().get(a));
      rest /= nest.reduce().get(a);
    }
    return at;
  }

  public int columns() {
    return nest.rowLength();
  }

  /** Returns the number of consecutive rows that share one B. */
  public int rows() {
    return nest.outer().isEmpty() ? 1 : nest.outer().getLast();
  }

  public long aRow() {
    List<Long> outer = nest.slots().get(aSlot).outer();
    return outer.isEmpty() ? 0 : outer.getLast();
  }

  public long aDepth() {
    return nest.slots().get(aSlot).reduce().getLast();
  }

  /** Returns B's stride along the folded axis, as the product reads it. */
  public long bDepth() {
    return packs ? rowBytes() : nest.slots().get(bSlot).reduce().getLast();
  }

  /** Returns the slot and the segment of C in a thread's arguments. */
  public int cSlot() {
    return nest.slots().size();
  }

  public int cBuffer() {
    return epilogue.slots().getLast().buffer();
  }

  /** Returns the offset at which row {@code q} of an operand starts. */
  public long at(KernelArgs frame, int slot, int q) {
    long at = frame.base[slot];
    int rest = q;
    List<Long> strides = nest.slots().get(slot).outer();
    for (int a = strides.size() - 1; a >= 0; a--) {
      int n = nest.outer().get(a);
      at += strides.get(a) * (rest % n);
      rest /= n;
    }
    return at;
  }

  public ProductShape shape() {
    boolean accumulates = nest.reduce().size() > 1;
    return new ProductShape(
        dtype(), columns(), aRow(), aDepth(), bDepth(), rowBytes(), accumulates);
  }

  public MemorySegment rowsOf(KernelArgs frame) {
    return frame.segments[nest.slots().get(aSlot).buffer()];
  }

  public MemorySegment columnsOf(KernelArgs frame) {
    return packs ? frame.packed() : frame.segments[nest.slots().get(bSlot).buffer()];
  }

  /** Returns the offset at which B starts for row {@code q} of C. */
  public long columnsAt(KernelArgs frame, int q) {
    return packs ? 0 : at(frame, bSlot, q);
  }
}
