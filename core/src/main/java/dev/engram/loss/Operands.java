package dev.engram.loss;

import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;

/** Checks the operands of losses and metrics, with errors that name the fix. */
final class Operands {
  private Operands() {}

  // A column against a row would broadcast to a matrix, and its mean would look plausible.
  static void sameShape(String loss, String first, Tensor prediction, Tensor target) {
    Given.given(loss, first, prediction);
    Given.given(loss, "target", target);
    if (!prediction.shape().equals(target.shape())) {
      throw new TypeException(
          "%s: the target has type %s, expected the shape of the %s %s: nothing is broadcast here; %s (%s)"
              .formatted(
                  loss,
                  target.type(),
                  first,
                  prediction.type(),
                  fix(first, prediction.shape(), target.shape()),
                  SourceLocation.here()));
    }
  }

  /** Requires vectors on the last axis; the axes before it, as many in both, may broadcast. */
  static void vectors(String loss, Tensor a, Tensor b) {
    Given.given(loss, "operand 0", a);
    Given.given(loss, "operand 1", b);
    boolean fits = a.rank() == b.rank() && a.rank() > 0 && a.dim(-1) == b.dim(-1);
    for (int i = 0; fits && i < a.rank() - 1; i++) {
      fits = a.dim(i) == b.dim(i) || a.dim(i) == 1 || b.dim(i) == 1;
    }
    if (!fits) {
      throw new TypeException(
          "%s: operand 1 has type %s, expected as many axes as %s, the same length on the last, and before it the same lengths or 1; reshape one of them (%s)"
              .formatted(loss, b.type(), a.type(), SourceLocation.here()));
    }
  }

  private static String fix(String first, Shape want, Shape got) {
    if (want.size() == got.size()) {
      return "give the target that shape with .reshape(" + list(want) + ")";
    }
    if (fits(got, want)) {
      return "if one target is meant for many, say so with .broadcastTo(" + list(want) + ")";
    }
    if (fits(want, got)) {
      return "if one " + first + " is meant for many, say so with .broadcastTo(" + list(got) + ")";
    }
    return "reshape, slice or reduce one of them";
  }

  private static String list(Shape shape) {
    return shape.toString().replace(",", ", ");
  }

  /** Whether {@code from} broadcasts to {@code to}. */
  private static boolean fits(Shape from, Shape to) {
    int lead = to.rank() - from.rank();
    boolean fits = lead >= 0;
    for (int i = 0; fits && i < from.rank(); i++) {
      fits = from.dim(i) == 1 || from.dim(i) == to.dim(lead + i);
    }
    return fits;
  }

  /** Requires floats with at least one axis, whose last is that of the classes. */
  static void classes(String loss, Tensor logits) {
    Given.given(loss, "logits", logits);
    if (logits.rank() == 0 || !logits.dtype().isFloat()) {
      throw new TypeException(
          "%s: the logits have type %s, expected a float type with the classes on the last axis (%s)"
              .formatted(loss, logits.type(), SourceLocation.here()));
    }
  }

  /** Requires bools of a shape. */
  static void bools(String loss, String name, Tensor x, Shape shape) {
    if (x.dtype() != DType.BOOL || !x.shape().equals(shape)) {
      throw new TypeException(
          "%s: %s has type %s, expected bool[%s]; make bools of numbers with .gt(0) (%s)"
              .formatted(loss, name, x.type(), shape, SourceLocation.here()));
    }
  }

  /** Requires integer labels, one for each row of logits. */
  static void labels(String loss, Tensor logits, Tensor labels, String forOneHot) {
    Given.given(loss, "labels", labels);
    int last = logits.rank() - 1;
    Shape rows = logits.shape().range(0, last);
    boolean whole = labels.dtype().isInteger();
    if (whole && labels.shape().equals(rows)) {
      return;
    }
    String fix =
        labels.shape().equals(logits.shape())
            ? "; they have a number for each class: " + forOneHot
            : whole ? "" : "; convert them with .cast(DType.I32)";
    throw new TypeException(
        "%s: the labels have type %s, expected i32[%s] or i64 next to logits %s%s (%s)"
            .formatted(loss, labels.type(), rows, logits.type(), fix, SourceLocation.here()));
  }

  /** Requires a finite number above 0. */
  static void positive(String loss, String name, double value) {
    if (!(value > 0 && Double.isFinite(value))) {
      throw new TypeException(
          "%s: %s=%s, expected a finite number above 0 (%s)"
              .formatted(loss, name, value, SourceLocation.here()));
    }
  }
}
