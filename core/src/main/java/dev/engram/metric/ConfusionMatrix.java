package dev.engram.metric;

import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;

/**
 * Counts how often each class was taken for each, and measures made of that: precision, recall, F1.
 *
 * <p>A measure of one class is NaN where it is 0/0, as the precision of a class that was never
 * predicted. {@link Average} takes such a measure as 0; it is NaN only when nothing was collected.
 */
public final class ConfusionMatrix extends Metric {
  /** The greatest number whose square is an i32. */
  private static final int MOST = 46_340;

  private final int classes;
  private final State counts;

  /** For {@code classes} classes, at most 46340. */
  public ConfusionMatrix(int classes) {
    Ranges.atLeastOne("ConfusionMatrix", "classes", classes);
    Ranges.in("ConfusionMatrix", "classes", classes, "at most " + MOST, n -> n <= MOST);
    this.classes = classes;
    counts = other(Batches.zeros(DType.I64, classes, classes));
  }

  /**
   * Collects examples.
   *
   * @param predictions integer {@code [...]}: classes, as of {@code logits.argMax(-1)}; or logits,
   *     floats {@code [..., C]}
   * @param labels integer {@code [...]}
   */
  public void update(Tensor predictions, Tensor labels) {
    Given.given("ConfusionMatrix.update", "labels", labels);
    update(predictions, labels, Batches.everywhere(labels));
  }

  /**
   * Collects the examples where {@code mask} is true.
   *
   * @param predictions integer {@code [...]}: classes, each in {@code 0..C-1}; another value stops
   *     the run with a {@link dev.engram.ir.RunException}; or logits, floats {@code [..., C]}
   * @param labels integer {@code [...]}, likewise
   * @param mask {@code bool[...]}
   * @throws TypeException when the types do not fit
   */
  public void update(Tensor predictions, Tensor labels, Tensor mask) {
    String at = "ConfusionMatrix.update";
    Given.given(at, "mask", mask);
    Tensor taken = Batches.classes(at, predictions, labels);
    if (!Batches.isClasses(predictions, labels) && predictions.dim(-1) != classes) {
      throw Batches.bad(
          at, "predictions", predictions, "a logit for each of the %d classes".formatted(classes));
    }
    Batches.mask(at, mask, labels.shape());
    Tensor columns = index(at, "predictions", taken, mask);
    Tensor rows = index(at, "labels", labels, mask);
    Tensor places = Batches.flat(rows.mul(classes).add(columns));
    Tensor flat = counts.value().reshape(Shape.of(classes * classes));
    Tensor more = Batches.flat(mask.cast(DType.I64));
    counts.set(flat.addAt(0, places, more).reshape(classes, classes));
  }

  private Tensor index(String at, String name, Tensor x, Tensor mask) {
    if (!x.dtype().isInteger()) {
      throw Batches.bad(at, name, x, "integers, such as those of .argMax(-1)");
    }
    return Batches.counted(mask, x).checkRange(name, 0, classes).cast(DType.I32);
  }

  /** The counts {@code i64[C, C]}: row i, column j is how often label i was taken for class j. */
  @Override
  public Tensor value() {
    return counts.value();
  }

  /** The fraction of correct predictions, {@code f64[]}. */
  public Tensor accuracy() {
    return Batches.ratio(hits().sum(), counts.value().sum());
  }

  /** Of the predictions of each class, the fraction that is correct: {@code f64[C]}. */
  public Tensor precision() {
    return Batches.ratio(hits(), predicted());
  }

  /** Of the labels of each class, the fraction that is found: {@code f64[C]}. */
  public Tensor recall() {
    return Batches.ratio(hits(), labelled());
  }

  /** The harmonic mean of precision and recall of each class: {@code f64[C]}. */
  public Tensor f1() {
    return Batches.ratio(hits().mul(2), predicted().add(labelled()));
  }

  /** The {@link #precision()} as one number, {@code f64[]}. */
  public Tensor precision(Average average) {
    return one("ConfusionMatrix.precision", average, precision());
  }

  /** The {@link #recall()} as one number, {@code f64[]}. */
  public Tensor recall(Average average) {
    return one("ConfusionMatrix.recall", average, recall());
  }

  /** The {@link #f1()} as one number, {@code f64[]}. */
  public Tensor f1(Average average) {
    return one("ConfusionMatrix.f1", average, f1());
  }

  private Tensor one(String at, Average average, Tensor each) {
    return switch (Given.given(at, "average", average)) {
      // Every wrong prediction is one that is missing elsewhere: all three are the accuracy.
      case MICRO -> accuracy();
      case MACRO -> mean(each, predicted().add(labelled()).gt(0).cast(DType.F64));
      case WEIGHTED -> mean(each, labelled().cast(DType.F64));
    };
  }

  private static Tensor mean(Tensor each, Tensor weights) {
    Tensor known = Batches.counted(each.isNan().not(), each);
    return known.mul(weights).sum().div(weights.sum());
  }

  private Tensor hits() {
    return counts.value().diagonal(0, 0, 1);
  }

  private Tensor predicted() {
    return counts.value().sum(0);
  }

  private Tensor labelled() {
    return counts.value().sum(1);
  }
}
