package dev.engram.loss;

import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.Where;

/** The standard losses. */
public final class Losses {
  private Losses() {}

  /**
   * {@code log Σ_j e^(logits_j) - logits_label}: the cross entropy of a softmax with integer
   * labels.
   *
   * @param logits float {@code [..., C]}
   * @param labels integer {@code [...]}, each in {@code 0..C-1}; another value stops the run with a
   *     {@link dev.engram.ir.RunException} that names it
   * @return {@code [...]}
   * @throws TypeException when the types do not fit
   */
  public static Tensor softmaxCrossEntropy(Tensor logits, Tensor labels) {
    int last = logits.rank() - 1;
    if (last < 0 || !logits.dtype().isFloat()) {
      throw new TypeException(
          "softmaxCrossEntropy: the logits have type "
              + logits.type()
              + ", expected a float type with the classes on the last axis ("
              + Where.here()
              + ")");
    }
    if (!labels.dtype().isInteger() || !labels.shape().equals(logits.shape().range(0, last))) {
      throw new TypeException(
          "softmaxCrossEntropy: the labels have type "
              + labels.type()
              + ", expected i32["
              + logits.shape().range(0, last)
              + "] or i64 next to logits "
              + logits.type()
              + (labels.dtype().isInteger() ? "" : "; convert them with .cast(DType.I32)")
              + " ("
              + Where.here()
              + ")");
    }
    int classes = logits.dim(last);
    Tensor hot = labels.checkRange("labels", 0, classes).oneHot(classes, logits.dtype());
    return logits.logSumExp(last).sub(logits.mul(hot).sum(last));
  }

  /**
   * {@code (prediction - target)²}.
   *
   * @return the shape of both, broadcast
   */
  public static Tensor squaredError(Tensor prediction, Tensor target) {
    return prediction.sub(target).square();
  }
}
