package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.tensor.Einsum;
import dev.engram.ir.tensor.Grids;
import dev.engram.ir.tensor.Moves;
import java.util.List;

/**
 * A tensor that user code computes with: known, on the host ({@link HostTensor}) or on a device
 * ({@link DeviceTensor}), or traced ({@link Tracer}).
 *
 * <p>An op on known tensors runs at once; an op on a traced one is recorded. Binary ops broadcast
 * as numpy does: shapes are aligned at their last axis, and axes of length 1 stretch. Element types
 * are never promoted: mixing them is a {@link TypeException} whose fix is {@link #cast}. Negative
 * axes count from the end.
 */
public sealed interface Tensor
    extends ElementwiseMethods,
        NumberMethods,
        FoldMethods,
        ContractionMethods,
        MoveMethods,
        IndexMethods
    permits HostTensor, DeviceTensor, Tracer {

  /** Element type and shape. */
  TensorType type();

  /**
   * A tensor of this one's type with every element {@code fill}, rounded to a float type.
   *
   * @throws TypeException when the type is no float type and does not have {@code fill}
   */
  Tensor like(double fill);

  /** {@link #like(double)}, exact for every i64. */
  Tensor like(long fill);

  /**
   * The elements.
   *
   * @throws TraceException for a traced tensor
   */
  HostTensor host();

  /**
   * Gives the memory back at once, that of all tensors which share it. Never needed: memory that
   * nobody can reach is freed anyway, after some time. Nothing where that was done before.
   *
   * <p>Memory of 1 MB and more is there for the next tensors, and is the system's after the JVM's
   * next garbage collection; smaller memory is freed by that. Whatever reads the tensor later is a
   * {@link TraceException}. Close one only when no other thread reads it.
   *
   * <p>A tensor is no {@link AutoCloseable}, for tools warn of each of these that is not closed.
   *
   * @throws TraceException for a traced tensor, which has no memory; while a program reads the
   *     tensor or a state has it; when its memory was donated
   */
  void close();

  /** True when the memory has been given back by {@link #close}. */
  boolean isClosed();

  /** Lengths of the axes. */
  default Shape shape() {
    return type().shape();
  }

  /** Type of the elements. */
  default DType dtype() {
    return type().dtype();
  }

  /** Number of axes. */
  default int rank() {
    return type().rank();
  }

  /** Length of {@code axis}. */
  default int dim(int axis) {
    return shape().dim(shape().axis("dim", axis));
  }

  /**
   * Einstein summation, as numpy's: {@code einsum("bij,bjk->bik", a, b)}.
   *
   * <p>Every letter is an axis and has one length. Letters that the result lacks are summed over; a
   * letter twice in one operand is its diagonal. {@code ...} stands for any further axes, which
   * broadcast. Without {@code ->} the result has the axes of {@code ...}, then the letters that
   * appear once, in alphabetical order, capitals first. Spaces are ignored.
   *
   * @throws TypeException when the text or a length does not fit
   */
  static Tensor einsum(String spec, Tensor... operands) {
    Given.given("einsum", "spec", spec);
    Given.given("einsum", "operands", operands);
    return Einsum.of(spec, present("einsum", operands));
  }

  /** The unit matrix {@code [n, n]}. */
  static Tensor eye(DType dtype, int n) {
    return HostTensor.full(TensorType.of(dtype, n), 1).diag(0);
  }

  /** The integers 0 to {@code n-1}, {@code i32[n]}; n may be 0. */
  static Tensor arange(int n) {
    return Grids.arange(n);
  }

  /**
   * The integers {@code from, from + step, …} up to, and without, {@code to}, as a vector; empty
   * when {@code to} lies on the other side. A float type rounds them.
   *
   * @param step not 0; negative to count down
   * @throws TypeException when {@code dtype} is bool, or an integer type that lacks one of them
   */
  static Tensor arange(DType dtype, long from, long to, long step) {
    return Grids.arange(dtype, from, to, step);
  }

  /**
   * The numbers {@code from + i · step} up to, and without, {@code to}, computed in f64 and rounded
   * once. There are {@code ⌈(to - from) / step⌉}; where rounding makes that one more than expected,
   * as for {@code arange(F64, 1, 1.3, 0.1)}, use {@link #linspace}.
   *
   * @param step not 0; negative to count down
   * @throws TypeException when {@code dtype} is no float type
   */
  static Tensor arange(DType dtype, double from, double to, double step) {
    return Grids.arange(dtype, from, to, step);
  }

  /**
   * {@code n} evenly spaced numbers, the first {@code from} and the last {@code to}; for n = 1 it
   * is {@code from}. They are computed in f64 and rounded once.
   *
   * @throws TypeException when {@code dtype} is no float type
   */
  static Tensor linspace(DType dtype, double from, double to, int n) {
    return Grids.linspace(dtype, from, to, n);
  }

  /**
   * The coordinates of a grid, {@code [n_0, n_1, …]} for each of the vectors {@code [n_k]}: result
   * k is vector k along axis k, as numpy's with {@code indexing="ij"}. Each keeps its own type.
   *
   * @throws TypeException when an operand is no vector
   */
  static List<Tensor> meshgrid(Tensor... vectors) {
    Given.given("meshgrid", "vectors", vectors);
    return Grids.meshgrid(present("meshgrid", vectors));
  }

  /** Joins tensors along an axis that they have; the others and the element types are equal. */
  static Tensor concat(int axis, Tensor... parts) {
    Given.given("concat", "parts", parts);
    return concat(axis, present("concat", parts));
  }

  /** Joins tensors along an axis that they have; the others and the element types are equal. */
  static Tensor concat(int axis, List<Tensor> parts) {
    Given.all("concat", "parts", parts);
    int a = parts.isEmpty() ? axis : parts.getFirst().shape().axis("concat", axis);
    return Tracer.apply(new Move.Concat(a), List.copyOf(parts)).getFirst();
  }

  /** Joins equal shapes along a new axis. */
  static Tensor stack(int axis, List<Tensor> parts) {
    Given.given("stack", "parts", parts);
    List<Tensor> all = present("stack", parts.toArray(Tensor[]::new));
    for (Tensor p : all) {
      if (!p.type().equals(all.getFirst().type())) {
        throw new TypeException(
            ("stack: part %d has type %s, expected %s as part 0 (%s); pad the"
                    + " shorter ones, or join them with concat")
                .formatted(all.indexOf(p), p.type(), all.getFirst().type(), SourceLocation.here()));
      }
    }
    return concat(axis, all.stream().map(p -> Moves.expandDims("stack", p, axis)).toList());
  }

  private static List<Tensor> present(String op, Tensor[] all) {
    for (int i = 0; i < all.length; i++) {
      TypeRules.given(op, i, all[i]);
    }
    return List.of(all);
  }

  /** Any op on any operands: recorded when one is traced, else run at once. */
  static List<Tensor> apply(Op op, List<Tensor> inputs) {
    Given.given("Tensor.apply", "op", op);
    Given.all("Tensor.apply", "inputs", inputs);
    return Tracer.apply(op, inputs);
  }
}
