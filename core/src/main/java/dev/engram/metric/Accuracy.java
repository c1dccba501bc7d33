package dev.engram.metric;

import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.loss.Metrics;

/**
 * The fraction of examples whose label is among the k classes of the greatest logits, {@code
 * f64[]}; for k = 1 that of {@link Metrics#accuracy}.
 */
public final class Accuracy extends Metric {
  private final int k;
  private final State hits = other(Batches.zeros(DType.I64));
  private final State count = other(Batches.zeros(DType.I64));

  /** Of the greatest logit. */
  public Accuracy() {
    this(1);
  }

  /**
   * Of the k greatest logits.
   *
   * @param k at least 1, and at most the number of classes
   */
  public Accuracy(int k) {
    this.k = Ranges.atLeastOne("Accuracy", "k", k);
  }

  /**
   * Collects examples.
   *
   * @param predictions logits {@code [..., C]}; or for k = 1 integers {@code [...]}: classes
   * @param labels integer {@code [...]}
   */
  public void update(Tensor predictions, Tensor labels) {
    Given.given("Accuracy.update", "labels", labels);
    update(predictions, labels, Batches.everywhere(labels));
  }

  /**
   * Collects the examples where {@code mask} is true.
   *
   * @param predictions logits {@code [..., C]}; or for k = 1 integers {@code [...]}: classes
   * @param labels integer {@code [...]}
   * @param mask {@code bool[...]}
   * @throws dev.engram.ir.TypeException when the types do not fit
   */
  public void update(Tensor predictions, Tensor labels, Tensor mask) {
    Given.given("Accuracy.update", "predictions", predictions);
    Given.given("Accuracy.update", "labels", labels);
    Given.given("Accuracy.update", "mask", mask);
    Tensor hit = hits(predictions, labels);
    Batches.mask("Accuracy.update", mask, labels.shape());
    Batches.add(hits, hit.and(mask).cast(DType.I64).sum());
    Batches.add(count, mask.cast(DType.I64).sum());
  }

  private Tensor hits(Tensor predictions, Tensor labels) {
    if (Batches.isClasses(predictions, labels)) {
      if (k > 1 || !labels.dtype().isInteger()) {
        throw Batches.bad(
            "Accuracy.update",
            "predictions",
            predictions,
            "logits [..., C] for the labels %s and k=%d".formatted(labels.type(), k));
      }
      return predictions.cast(DType.I64).eq(labels.cast(DType.I64));
    }
    Tensor hit =
        k == 1 ? Metrics.hits(predictions, labels) : Metrics.topKHits(predictions, labels, k);
    return hit.ne(0);
  }

  @Override
  public Tensor value() {
    return Batches.ratio(hits.value(), count.value());
  }
}
