package dev.engram.metric;

import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/** The mean of {@code (prediction - target)²} over all elements: {@code f64[]}. */
public final class MeanSquaredError extends Metric {
  private final Mean mean = new Mean();

  /** A metric that has collected nothing yet. */
  public MeanSquaredError() {}

  /**
   * Collects errors of weight 1.
   *
   * @param prediction floats of any shape
   * @param target of the same type
   */
  public void update(Tensor prediction, Tensor target) {
    Given.given("MeanSquaredError.update", "prediction", prediction);
    update(prediction, target, Batches.everywhere(prediction));
  }

  /**
   * Collects errors.
   *
   * @param prediction floats of any shape
   * @param target floats of the same shape
   * @param weights floats or bools of the same shape. Elements of weight 0, even NaN, count nothing
   * @throws dev.engram.ir.TypeException when the types do not fit
   */
  public void update(Tensor prediction, Tensor target, Tensor weights) {
    String at = "MeanSquaredError.update";
    Batches.predictions(at, prediction, target);
    Batches.weights(at, weights, prediction.shape());
    mean.update(prediction.cast(DType.F64).sub(target.cast(DType.F64)).square(), weights);
  }

  @Override
  public Tensor value() {
    return mean.value();
  }
}
