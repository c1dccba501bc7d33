package dev.engram.metric;

import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;

/** Checks and converts the batches that metrics are given. */
final class Batches {
  private Batches() {}

  static Tensor zeros(DType dtype, int... dims) {
    return HostTensor.full(TensorType.of(dtype, dims), 0);
  }

  static void add(State total, Tensor more) {
    total.set(total.value().add(more));
  }

  /** {@code a/b} of counts, in f64; NaN for 0/0. */
  static Tensor ratio(Tensor a, Tensor b) {
    return a.cast(DType.F64).div(b.cast(DType.F64));
  }

  /** Requires {@code x} to be there and {@code y} to have its shape. */
  static void sameShape(String metric, String first, Tensor x, String second, Tensor y) {
    Given.given(metric, first, x);
    Given.given(metric, second, y);
    if (!x.shape().equals(y.shape())) {
      throw bad(metric, second, y, "the shape [" + x.shape() + "] of the " + first);
    }
  }

  static void floats(String metric, String name, Tensor x) {
    Given.given(metric, name, x);
    if (!x.dtype().isFloat()) {
      throw bad(metric, name, x, "a float type");
    }
  }

  /** Requires floats, and a target for each prediction. */
  static void predictions(String metric, Tensor prediction, Tensor target) {
    sameShape(metric, "prediction", prediction, "target", target);
    floats(metric, "prediction", prediction);
    floats(metric, "target", target);
  }

  static void bools(String metric, String name, Tensor x) {
    Given.given(metric, name, x);
    if (x.dtype() != DType.BOOL) {
      throw bad(metric, name, x, "bool; make bools of numbers with .gt(0)");
    }
  }

  /** Requires bools of a shape. */
  static void mask(String metric, Tensor mask, Shape shape) {
    bools(metric, "mask", mask);
    if (!mask.shape().equals(shape)) {
      throw bad(metric, "mask", mask, "bool[" + shape + "], one for each value");
    }
  }

  /** Weights in f64, of bools or floats. */
  static Tensor weights(String metric, Tensor weights, Shape shape) {
    Given.given(metric, "weights", weights);
    boolean fits = weights.dtype().isFloat() || weights.dtype() == DType.BOOL;
    if (!fits || !weights.shape().equals(shape)) {
      throw bad(metric, "weights", weights, "floats or bools [" + shape + "], one for each value");
    }
    return weights.cast(DType.F64);
  }

  /**
   * The classes that predictions stand for: themselves, if there is an integer for each label; or
   * where logits, floats with one more axis, are greatest.
   */
  static Tensor classes(String metric, Tensor predictions, Tensor labels) {
    Given.given(metric, "predictions", predictions);
    Given.given(metric, "labels", labels);
    if (isClasses(predictions, labels)) {
      return predictions;
    }
    if (predictions.dtype().isFloat()
        && predictions.rank() == labels.rank() + 1
        && predictions.shape().range(0, labels.rank()).equals(labels.shape())) {
      return predictions.argMax(-1);
    }
    String rows = labels.rank() == 0 ? "" : labels.shape().toString();
    throw bad(
        metric,
        "predictions",
        predictions,
        "classes, integers [%s] such as those of .argMax(-1), or logits, floats [%s], for the labels %s"
            .formatted(rows, rows.isEmpty() ? "C" : rows + ",C", labels.type()));
  }

  static boolean isClasses(Tensor predictions, Tensor labels) {
    return predictions.dtype().isInteger() && predictions.shape().equals(labels.shape());
  }

  /** All true. */
  static Tensor everywhere(Tensor x) {
    return HostTensor.full(new TensorType(DType.BOOL, x.shape()), 1);
  }

  /** {@code x}, and 0 where it does not count. */
  static Tensor counted(Tensor mask, Tensor x) {
    return mask.select(x, x.like(0));
  }

  static Tensor flat(Tensor x) {
    return x.reshape(Shape.of((int) x.shape().size()));
  }

  static TypeException bad(String metric, String name, Tensor x, String expected) {
    return new TypeException(
        "%s: %s has type %s, expected %s (%s)"
            .formatted(metric, name, x.type(), expected, SourceLocation.here()));
  }
}
