package dev.engram.metric;

import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/**
 * The coefficient of determination: {@code 1 - Σ w (t - y)² / Σ w (t - t̄)²}, {@code f64[]}, over
 * all elements. It is -∞, or NaN, when all targets are equal.
 */
public final class RSquared extends Metric {
  private final State weight = other(Batches.zeros(DType.F64));
  private final State mean = other(Batches.zeros(DType.F64));
  private final State spread = other(Batches.zeros(DType.F64));
  private final State residual = other(Batches.zeros(DType.F64));

  /** A metric that has collected nothing yet. */
  public RSquared() {}

  /**
   * Collects elements of weight 1.
   *
   * @param prediction floats of any shape
   * @param target floats of the same shape
   */
  public void update(Tensor prediction, Tensor target) {
    Given.given("RSquared.update", "prediction", prediction);
    update(prediction, target, Batches.everywhere(prediction));
  }

  /**
   * Collects elements.
   *
   * @param prediction floats of any shape
   * @param target floats of the same shape
   * @param weights floats or bools of the same shape. Elements of weight 0, even NaN, count nothing
   * @throws dev.engram.ir.TypeException when the types do not fit
   */
  public void update(Tensor prediction, Tensor target, Tensor weights) {
    String at = "RSquared.update";
    Batches.predictions(at, prediction, target);
    Tensor w = Batches.weights(at, weights, prediction.shape());
    Tensor t = Batches.counted(w.ne(0), target.cast(DType.F64));
    Tensor y = Batches.counted(w.ne(0), prediction.cast(DType.F64));
    Batches.add(residual, t.sub(y).square().mul(w).sum());
    // Chan, Golub and LeVeque (1979): sums of squares around the means, and their distance
    Tensor more = w.sum();
    Tensor centre = quotient(t.mul(w).sum(), more);
    Tensor around = t.sub(centre).square().mul(w).sum();
    Tensor all = weight.value().add(more);
    Tensor share = quotient(more, all);
    Tensor apart = centre.sub(mean.value());
    Batches.add(spread, around.add(apart.square().mul(share).mul(weight.value())));
    Batches.add(mean, apart.mul(share));
    weight.set(all);
  }

  // 0 where nothing is divided by nothing
  private static Tensor quotient(Tensor a, Tensor b) {
    return b.eq(0).select(a.like(0), a.div(b));
  }

  @Override
  public Tensor value() {
    return residual.value().div(spread.value()).neg().add(1);
  }
}
