package dev.engram.loss;

import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.Where;

/** How good predictions are, where no gradient is asked for. */
public final class Metrics {
  private Metrics() {}

  /**
   * The part of predictions that are right: the greatest of the logits is the label's.
   *
   * @param logits {@code [..., C]}
   * @param labels integer {@code [...]}
   * @return {@code f32[]}, 0 to 1
   */
  public static Tensor accuracy(Tensor logits, Tensor labels) {
    return hits(logits, labels).mean();
  }

  /**
   * 1 where the greatest of the logits is the label's, else 0.
   *
   * @param logits {@code [..., C]}
   * @param labels integer {@code [...]}
   * @return {@code f32[...]}
   */
  public static Tensor hits(Tensor logits, Tensor labels) {
    boolean fits =
        logits.rank() > 0
            && labels.dtype().isInteger()
            && labels.shape().equals(logits.shape().range(0, logits.rank() - 1));
    if (!fits) {
      throw new TypeException(
          "accuracy: the labels have type "
              + labels.type()
              + ", expected integers of the shape of the logits "
              + logits.type()
              + " without their last axis ("
              + Where.here()
              + ")");
    }
    return logits.argMax(-1).cast(labels.dtype()).eq(labels).cast(DType.F32);
  }

  /**
   * The part of yes-or-no predictions that are right: the logit is above 0 where the target is
   * above 1/2.
   *
   * @return {@code f32[]}, 0 to 1
   */
  public static Tensor binaryAccuracy(Tensor logit, Tensor target) {
    Tensor same = logit.gt(0).xor(target.gt(0.5)).not();
    return same.cast(DType.F32).mean();
  }

  /** {@code e^mean}: how many equally likely classes a mean cross entropy is worth. */
  public static Tensor perplexity(Tensor crossEntropy) {
    return crossEntropy.mean().exp();
  }
}
