package dev.engram.tests.ops;

import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.RowSignature;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/** Samples and invalid inputs of every elementwise row, derived from the row. */
final class RowSamples {
  private static final List<Shape> SHAPES = List.of(Shape.of(2, 3), Shape.scalar());

  private RowSamples() {}

  static Stream<Sample> all() {
    return Rows.all().stream().flatMap(RowSamples::of);
  }

  /** One sample for each element type that the row accepts, and a scalar one. */
  static Stream<Sample> of(ElementwiseRow row) {
    Op op = new Elementwise(row);
    Sample.Draw draw = Sample.Draw.between(row.domain().low(), row.domain().high(), 4);
    return Stream.of(DType.values())
        .filter(row.signature()::accepts)
        .flatMap(d -> SHAPES.stream().map(s -> operands(row, new TensorType(d, s))))
        .filter(types -> accepts(op, types))
        .map(types -> Sample.of(op, draw, types));
  }

  private static List<TensorType> operands(ElementwiseRow row, TensorType type) {
    List<TensorType> types = new ArrayList<>(Collections.nCopies(row.arity(), type));
    if (row.signature() == RowSignature.SELECT) {
      types.set(0, type.with(DType.BOOL));
    }
    return types;
  }

  private static boolean accepts(Op op, List<TensorType> types) {
    try {
      return !op.typeOf(types).isEmpty();
    } catch (TypeException e) {
      return false;
    }
  }

  /** Too many operands, one of another shape, each element type that the row does not accept. */
  static Stream<ErrorInput> errors() {
    return Rows.all().stream().flatMap(RowSamples::errorsOf);
  }

  private static Stream<ErrorInput> errorsOf(ElementwiseRow row) {
    Op op = new Elementwise(row);
    List<TensorType> right = of(row).findFirst().orElseThrow().graph().paramTypes();
    List<ErrorInput> out = new ArrayList<>();
    List<TensorType> more = new ArrayList<>(right);
    more.add(right.getLast());
    out.add(new ErrorInput(op, more, "got " + more.size() + " operands"));
    if (row.arity() > 1) {
      List<TensorType> uneven = new ArrayList<>(right);
      uneven.set(1, right.get(1).with(Shape.of(7)));
      out.add(new ErrorInput(op, uneven, "operand 1 has type"));
      List<TensorType> mixed = new ArrayList<>(right);
      TensorType last = right.getLast();
      mixed.set(row.arity() - 1, last.with(last.dtype() == DType.I32 ? DType.I64 : DType.I32));
      out.add(new ErrorInput(op, mixed, "operand " + (row.arity() - 1) + " has type"));
    }
    for (DType d : DType.values()) {
      List<TensorType> wrong = operands(row, right.getLast().with(d));
      if (!accepts(op, wrong)) {
        out.add(new ErrorInput(op, wrong, "has type " + wrong.getLast()));
      }
    }
    return out.stream();
  }
}
