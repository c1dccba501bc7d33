package dev.engram.loss;

import dev.engram.ir.DType;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.tensor.RoundOnce;

/** Measures of the quality of predictions, which need no gradient. */
public final class Metrics {
  private Metrics() {}

  /**
   * The fraction of correct predictions: those whose greatest logit is the label's.
   *
   * @param logits {@code [..., C]}
   * @param labels integer {@code [...]}
   * @return {@code f32[]}, 0 to 1
   */
  public static Tensor accuracy(Tensor logits, Tensor labels) {
    return hits("accuracy", logits, labels).mean();
  }

  /**
   * 1 where the greatest of the logits is the label's, else 0.
   *
   * @param logits {@code [..., C]}
   * @param labels integer {@code [...]}
   * @return {@code f32[...]}
   */
  public static Tensor hits(Tensor logits, Tensor labels) {
    return hits("hits", logits, labels);
  }

  private static Tensor hits(String metric, Tensor logits, Tensor labels) {
    Given.given(metric, "logits", logits);
    if (logits.rank() == 0) {
      throw new TypeException(
          "%s: the logits have type %s, expected the classes on the last axis (%s)"
              .formatted(metric, logits.type(), SourceLocation.here()));
    }
    Operands.labels(metric, logits, labels, "take the classes from them with .argMax(-1)");
    // not in the labels' type, in which a class index might wrap
    DType number = labels.dtype() == DType.I64 ? DType.I64 : DType.I32;
    return logits.argMax(-1).cast(number).eq(labels.cast(number)).cast(DType.F32);
  }

  /**
   * The fraction of correct binary predictions: the logit is above 0 exactly where the target is
   * above 1/2.
   *
   * @return {@code f32[]}, 0 to 1
   * @throws TypeException when the shapes differ
   */
  public static Tensor binaryAccuracy(Tensor logit, Tensor target) {
    Operands.sameShape("binaryAccuracy", "logits", logit, target);
    Tensor same = logit.gt(0).xor(target.gt(0.5)).not();
    return same.cast(DType.F32).mean();
  }

  /** {@code e^mean}: the number of equally likely classes with the same mean cross entropy. */
  public static Tensor perplexity(Tensor crossEntropy) {
    return RoundOnce.of(crossEntropy, x -> x.mean().exp());
  }
}
