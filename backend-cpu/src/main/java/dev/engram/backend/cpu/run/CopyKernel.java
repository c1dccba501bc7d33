package dev.engram.backend.cpu.run;

import dev.engram.backend.cpu.nest.RowNest;
import dev.engram.backend.cpu.nest.RowNest.Along;
import dev.engram.backend.cpu.nest.RowNest.Effect;
import dev.engram.backend.cpu.nest.RowNest.Slot;
import dev.engram.backend.cpu.scalar.RowCopies;
import dev.engram.ir.DType;
import dev.engram.lower.lanes.LaneProgram.Node;
import dev.engram.lower.lanes.LaneProgram.Op;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A nest that only copies, or only fills with one value: plain Java for all shapes. */
public final class CopyKernel implements Kernel {
  private final RowNest nest;
  private final @Nullable Slot from;
  private final int fromSlot;
  private final Slot to;
  private final int toSlot;
  private final long bits;
  private final int[] outer;

  private CopyKernel(RowNest nest, Node value, int fromSlot, int toSlot) {
    this.nest = nest;
    this.from = fromSlot < 0 ? null : nest.slots().get(fromSlot);
    this.fromSlot = fromSlot;
    this.to = nest.slots().get(toSlot);
    this.toSlot = toSlot;
    this.bits = value.bits;
    this.outer = nest.outer().stream().mapToInt(Integer::intValue).toArray();
  }

  /** Returns the kernel of {@code nest}, if it is such a nest. */
  public static Optional<Kernel> of(RowNest nest) {
    if (nest.along() != Along.ROW
        || nest.ordered()
        || !nest.reduce().isEmpty()
        || nest.body().passes().size() != 1
        || !nest.epilogue().passes().isEmpty()) {
      return Optional.empty();
    }
    List<Effect> effects = nest.body().passes().getFirst().effects();
    if (effects.size() != 1 || !(effects.getFirst() instanceof Effect.Store store)) {
      return Optional.empty();
    }
    Node v = store.value();
    int toSlot = nest.body().stores().getFirst().slot();
    if (v.op == Op.CONST) {
      return Optional.of(new CopyKernel(nest, v, -1, toSlot));
    }
    if (v.op == Op.LOAD) {
      return nest.body().loads().stream()
          .filter(t -> t.row() == v.bits)
          .findFirst()
          .map(t -> new CopyKernel(nest, v, t.slot(), toSlot));
    }
    return Optional.empty();
  }

  @Override
  public void run(KernelArgs frame, Scratch scratch, int begin, int end) {
    DType dtype = to.dtype();
    MemorySegment target = frame.segments[to.buffer()];
    Object row = scratch.array(dtype, 0, nest.tile());
    if (from == null) {
      Folds.fill(row, dtype, nest.tile(), bits);
    }
    for (int q = begin; q < end; q++) {
      int length = nest.tile();
      if (nest.tiled()) {
        int tiles = outer[outer.length - 1];
        length = Math.min(length, nest.rowLength() - q % tiles * length);
      }
      long at = at(frame, to, toSlot, q);
      if (from == null) {
        RowCopies.store(row, dtype, target, at, to.row(), length);
        continue;
      }
      MemorySegment source = frame.segments[from.buffer()];
      long sourceAt = at(frame, from, fromSlot, q);
      if (from.row() == dtype.bytes() && to.row() == dtype.bytes()) {
        MemorySegment.copy(source, sourceAt, target, at, (long) length * dtype.bytes());
      } else {
        RowCopies.load(source, sourceAt, from.row(), dtype, row, length);
        RowCopies.store(row, dtype, target, at, to.row(), length);
      }
    }
  }

  private long at(KernelArgs frame, Slot slot, int number, int q) {
    long at = frame.base[number];
    int rest = q;
    for (int a = outer.length - 1; a >= 0; a--) {
      at += slot.outer().get(a) * (rest % outer[a]);
      rest /= outer[a];
    }
    return at;
  }
}
