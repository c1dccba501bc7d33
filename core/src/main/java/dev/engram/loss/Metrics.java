package dev.engram.loss;

import dev.engram.ir.DType;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;

/**
 * Measures of the quality of predictions, which need no gradient. {@link dev.engram.metric} has
 * those that are collected over batches.
 */
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

  /**
   * The fraction of predictions that are correct within the k greatest logits.
   *
   * @param logits {@code [..., C]}
   * @param labels integer {@code [...]}
   * @param k from 1 to C
   * @return {@code f32[]}, 0 to 1
   */
  public static Tensor topKAccuracy(Tensor logits, Tensor labels, int k) {
    return topKHits("topKAccuracy", logits, labels, k).mean();
  }

  /**
   * 1 where the label is one of the classes of the k greatest logits, else 0; of equal logits the
   * first counts as greater.
   *
   * @param logits {@code [..., C]}
   * @param labels integer {@code [...]}
   * @param k from 1 to C
   * @return {@code f32[...]}
   */
  public static Tensor topKHits(Tensor logits, Tensor labels, int k) {
    return topKHits("topKHits", logits, labels, k);
  }

  private static Tensor topKHits(String metric, Tensor logits, Tensor labels, int k) {
    Ranges.atLeastOne(metric, "k", k);
    DType number = checked(metric, logits, labels);
    Tensor best = logits.topK(k, -1).indices().cast(number);
    return best.eq(labels.cast(number).expandDims(-1)).any(-1).cast(DType.F32);
  }

  /** The type to compare classes in: not the labels', in which a class index might wrap. */
  private static DType checked(String metric, Tensor logits, Tensor labels) {
    Given.given(metric, "logits", logits);
    if (logits.rank() == 0) {
      throw new TypeException(
          "%s: the logits have type %s, expected the classes on the last axis (%s)"
              .formatted(metric, logits.type(), SourceLocation.here()));
    }
    Operands.labels(metric, logits, labels, "take the classes from them with .argMax(-1)");
    return labels.dtype() == DType.I64 ? DType.I64 : DType.I32;
  }

  private static Tensor hits(String metric, Tensor logits, Tensor labels) {
    DType number = checked(metric, logits, labels);
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
