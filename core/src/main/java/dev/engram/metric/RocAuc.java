package dev.engram.metric;

import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;

/**
 * The area under the receiver operating characteristic: the probability that a positive example has
 * a higher score than a negative one, where equal scores count half (Hanley and McNeil 1982);
 * {@code f64[]}, NaN without examples of both kinds.
 *
 * <p>Scores are counted in equal parts of 0..1, and those in one part are taken as equal. So the
 * area is exact when no part has scores of both kinds, else off by at most half the fraction of
 * pairs in one part.
 */
public final class RocAuc extends Metric {
  private final int parts;
  private final State positive;
  private final State negative;

  /** With {@code parts} equal parts of 0..1. */
  public RocAuc(int parts) {
    this.parts = Ranges.atLeastOne("RocAuc", "parts", parts);
    positive = other(Batches.zeros(DType.I64, parts));
    negative = other(Batches.zeros(DType.I64, parts));
  }

  /**
   * Collects examples.
   *
   * @param scores floats {@code [...]}, 0 to 1
   * @param positive {@code bool[...]}
   */
  public void update(Tensor scores, Tensor positive) {
    Given.given("RocAuc.update", "scores", scores);
    update(scores, positive, Batches.everywhere(scores));
  }

  /**
   * Collects the examples where {@code mask} is true.
   *
   * @param scores floats {@code [...]}, each 0 to 1, as of {@code logits.sigmoid()}; any other
   *     value, or NaN, stops the run with a {@link dev.engram.ir.RunException}
   * @param positive {@code bool[...]}
   * @param mask {@code bool[...]}
   * @throws dev.engram.ir.TypeException when the types do not fit
   */
  public void update(Tensor scores, Tensor positive, Tensor mask) {
    String at = "RocAuc.update";
    Given.given(at, "mask", mask);
    Batches.sameShape(at, "scores", scores, "positive", positive);
    Batches.floats(at, "scores", scores);
    Batches.bools(at, "positive", positive);
    Batches.mask(at, mask, scores.shape());
    Tensor score = Batches.counted(mask, scores.cast(DType.F64));
    Tensor part = score.mul(parts).floor();
    // a score of 1 is in the last part; NaN is in none
    part = score.eq(1).select(part.like(parts - 1.0), part);
    part = score.isNan().select(part.like(-1), part);
    Tensor places = Batches.flat(part.cast(DType.I32).checkRange("scores", 0, parts));
    add(this.positive, places, positive.and(mask));
    add(this.negative, places, positive.not().and(mask));
  }

  private static void add(State counts, Tensor places, Tensor which) {
    counts.set(counts.value().addAt(0, places, Batches.flat(which.cast(DType.I64))));
  }

  @Override
  public Tensor value() {
    Tensor p = positive.value().cast(DType.F64);
    Tensor n = negative.value().cast(DType.F64);
    Tensor above = p.cumSum(0, true).sub(p.mul(0.5));
    return n.mul(above).sum().div(n.sum().mul(p.sum()));
  }
}
