package dev.engram.metric;

import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/** The mean of values, such as losses: {@code Σ w x / Σ w}, {@code f64[]}. */
public final class Mean extends Metric {
  private final State sum = other(Batches.zeros(DType.F64));
  private final State weight = other(Batches.zeros(DType.F64));

  /** A metric that has collected nothing yet. */
  public Mean() {}

  /**
   * Collects values of weight 1.
   *
   * @param values floats of any shape
   */
  public void update(Tensor values) {
    Given.given("Mean.update", "values", values);
    update(values, Batches.everywhere(values));
  }

  /**
   * Collects values.
   *
   * @param values floats of any shape
   * @param weights floats or bools of the same shape. Values of weight 0, even NaN, count nothing
   * @throws dev.engram.ir.TypeException when the types do not fit
   */
  public void update(Tensor values, Tensor weights) {
    Batches.floats("Mean.update", "values", values);
    Tensor w = Batches.weights("Mean.update", weights, values.shape());
    Tensor x = Batches.counted(w.ne(0), values.cast(DType.F64));
    Batches.add(sum, x.mul(w).sum());
    Batches.add(weight, w.sum());
  }

  @Override
  public Tensor value() {
    return Batches.ratio(sum.value(), weight.value());
  }
}
