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
   * @param logits {@code [..., C]}
   * @param labels integer {@code [...]}
   */
  public void update(Tensor logits, Tensor labels) {
    Given.given("Accuracy.update", "labels", labels);
    update(logits, labels, Batches.everywhere(labels));
  }

  /**
   * Collects the examples where {@code mask} is true.
   *
   * @param logits {@code [..., C]}
   * @param labels integer {@code [...]}
   * @param mask {@code bool[...]}
   * @throws dev.engram.ir.TypeException when the types do not fit
   */
  public void update(Tensor logits, Tensor labels, Tensor mask) {
    Given.given("Accuracy.update", "mask", mask);
    Tensor hit = k == 1 ? Metrics.hits(logits, labels) : Metrics.topKHits(logits, labels, k);
    Batches.mask("Accuracy.update", mask, labels.shape());
    Batches.add(hits, hit.ne(0).and(mask).cast(DType.I64).sum());
    Batches.add(count, mask.cast(DType.I64).sum());
  }

  @Override
  public Tensor value() {
    return Batches.ratio(hits.value(), count.value());
  }
}
