package dev.engram.lower;

import dev.engram.ir.DType;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Reduce;
import java.util.List;

/**
 * One scalar instruction of a nest. Instructions are numbered through body and epilogue;
 * instruction i defines value i, and operands are earlier values. Instructions that only store
 * define a value that must not be used. Bools are 0 and 1.
 */
public sealed interface Instr {

  /** Reads an element. */
  record Load(DType dtype, Access from) implements Instr {}

  /** Raw bits, as in {@link dev.engram.ir.Lit}. */
  record Literal(DType dtype, long bits) implements Instr {}

  /** The value of an index map, converted to {@code dtype}. */
  record IndexOf(DType dtype, AffineMap at) implements Instr {}

  /** An elementwise row; {@code dtype} is the operands' type (for select: of the choices). */
  record Apply(ElementwiseRow row, DType dtype, List<Integer> args) implements Instr {
    public Apply {
      args = List.copyOf(args);
    }
  }

  /** Converts like {@link dev.engram.ir.op.Cast}. */
  record Convert(DType from, DType to, int arg) implements Instr {}

  /**
   * Reads at {@code from + stride·clamp(index, 0, limit-1)}.
   *
   * @param index a value of an integer type
   */
  record LoadAt(DType dtype, Access from, int index, long stride, long limit) implements Instr {}

  /** Word {@code at} of {@link dev.engram.ir.op.Source.RandomBits} under the key (i32, i32). */
  record RandomWord(int key0, int key1, AffineMap at) implements Instr {}

  /** Writes {@code value}: in the body at every point, in the epilogue once the folds are done. */
  record Store(DType dtype, Access to, int value) implements Instr {}

  /**
   * Combines {@code value} with the element at {@code to + stride·index}; does nothing when the
   * index is not in {@code 0 <= index < limit}. A nest with such an instruction runs in row-major
   * order of all its axes on one thread, so sums take their terms in the order of the updates.
   */
  record StoreAt(
      DType dtype, Access to, int index, long stride, long limit, Index.Combine combine, int value)
      implements Instr {}

  /**
   * Folds {@code value} over all reduction axes in the given order; only in the body. Its own value
   * is the result, and may only be used by the epilogue. ARGMAX and ARGMIN yield the index of the
   * first extreme point in row-major order as i32; they and the bool folds have one lane.
   */
  record Fold(Reduce.Kind kind, DType dtype, int value, FoldOrder order) implements Instr {}

  /**
   * A sum of products: every chain of the order, which has one lane, is {@code acc = fma(a, b,
   * acc)} from 0, with one rounding per step for floats; only in the body. Matrix products are
   * nests of these.
   */
  record DotFold(DType dtype, int a, int b, FoldOrder order) implements Instr {}

  /**
   * Stops the run with a {@link dev.engram.ir.RunException} unless {@code low <= value < high}; its
   * value is the operand. {@code position} is the row-major number of the element in a tensor of
   * shape {@code dims}, for the message. The first failing element in row-major order is reported.
   */
  record Check(
      DType dtype,
      int value,
      dev.engram.ir.op.Check op,
      AffineMap position,
      List<Integer> dims,
      SourceLocation where)
      implements Instr {
    public Check {
      dims = List.copyOf(dims);
    }
  }
}
