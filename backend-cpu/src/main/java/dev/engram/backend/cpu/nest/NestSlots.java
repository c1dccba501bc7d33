package dev.engram.backend.cpu.nest;

import dev.engram.ir.DType;
import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.Instr;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Numbers the distinct index maps of a nest, and its buffers, in order of appearance. */
public final class NestSlots {
  /** An index map; {@code buffer} is the program's number, or -1 for a value. */
  public record Key(int buffer, DType dtype, AffineMap at) {
    public int bytes() {
      return buffer < 0 ? 1 : dtype.bytes();
    }
  }

  private final List<Key> keys = new ArrayList<>();
  private final Map<Key, Integer> number = new HashMap<>();
  private final List<Integer> buffers = new ArrayList<>();
  private final int[] ofInstr;
  private final int point;

  public NestSlots(Stmt.Nest nest) {
    List<Instr> code = new ArrayList<>(nest.body());
    code.addAll(nest.epilogue());
    ofInstr = new int[code.size()];
    boolean checks = false;
    for (int i = 0; i < ofInstr.length; i++) {
      ofInstr[i] =
          switch (code.get(i)) {
            case Instr.Load l -> access(l.dtype(), l.from());
            case Instr.LoadAt l -> access(l.dtype(), l.from());
            case Instr.Store s -> access(s.dtype(), s.to());
            case Instr.StoreAt s -> access(s.dtype(), s.to());
            case Instr.IndexOf x -> value(x.at());
            case Instr.RandomWord r -> value(r.at());
            case Instr.Check c -> value(c.position());
            case Instr.Literal _, Instr.Apply _, Instr.Convert _ -> -1;
            case Instr.Fold _, Instr.DotFold _ -> -1;
          };
      checks |= code.get(i) instanceof Instr.Check;
    }
    point = checks ? value(rowMajor(nest)) : -1;
  }

  // the index of a point, which orders the reports of checks
  private static AffineMap rowMajor(Stmt.Nest nest) {
    Long[] weight = new Long[nest.axes().size()];
    long w = 1;
    for (int a = weight.length - 1; a >= 0; a--) {
      weight[a] = w;
      w *= Math.max(1, nest.axes().get(a).length());
    }
    return new AffineMap(0, List.of(), List.of(weight));
  }

  private int access(DType dtype, Access a) {
    if (!buffers.contains(a.buffer())) {
      buffers.add(a.buffer());
    }
    return slot(new Key(a.buffer(), dtype, a.at()));
  }

  private int value(AffineMap at) {
    return slot(new Key(-1, DType.I64, at));
  }

  private int slot(Key k) {
    return number.computeIfAbsent(
        k,
        _ -> {
          keys.add(k);
          return keys.size() - 1;
        });
  }

  public List<Key> keys() {
    return keys;
  }

  /** Returns the program's numbers of the nest's buffers. */
  public List<Integer> buffers() {
    return buffers;
  }

  /** Returns the slot of an instruction, or -1. */
  int ofInstr(int instr) {
    return ofInstr[instr];
  }

  /** Returns the slot that numbers the points in row-major order, or -1. */
  public int point() {
    return point;
  }

  /** Returns a slot's stride along an axis of the nest, in bytes for accesses. */
  long stride(int slot, int axis) {
    Key k = keys.get(slot);
    return k.at().inner().get(axis) * k.bytes();
  }

  /** Returns the slots that are plain loads or stores of {@code instrs}. */
  int[] plain(List<Instr> instrs, int first) {
    int[] found = new int[instrs.size()];
    int n = 0;
    for (int i = 0; i < instrs.size(); i++) {
      if (instrs.get(i) instanceof Instr.Load || instrs.get(i) instanceof Instr.Store) {
        found[n++] = ofInstr[first + i];
      }
    }
    return Arrays.copyOf(found, n);
  }
}
