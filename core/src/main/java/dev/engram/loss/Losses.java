package dev.engram.loss;

import dev.engram.Engram;
import dev.engram.StepResult;
import dev.engram.ir.DType;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.tensor.RoundOnce;

/**
 * The standard losses. Prediction and target must have the same shape; nothing is broadcast. 16-bit
 * types are computed in f32 and rounded once.
 */
public final class Losses {
  private Losses() {}

  /**
   * {@code log Σ_j e^(logits_j) - logits_label}: the cross entropy of a softmax with integer
   * labels.
   *
   * @param logits float {@code [..., C]}
   * @param labels integer {@code [...]}, each in {@code 0..C-1}; any other value stops the run with
   *     a {@link dev.engram.ir.RunException} that names it
   * @return {@code [...]}
   * @throws TypeException when the types do not fit
   */
  public static Tensor softmaxCrossEntropy(Tensor logits, Tensor labels) {
    Given.given("softmaxCrossEntropy", "logits", logits);
    int last = logits.rank() - 1;
    if (last < 0 || !logits.dtype().isFloat()) {
      throw new TypeException(
          "softmaxCrossEntropy: the logits have type "
              + logits.type()
              + ", expected a float type with the classes on the last axis ("
              + SourceLocation.here()
              + ")");
    }
    Operands.labels(
        "softmaxCrossEntropy",
        logits,
        labels,
        "use softmaxCrossEntropyTo, which takes one-hot labels and other distributions");
    int classes = logits.dim(last);
    Tensor hot = labels.checkRange("labels", 0, classes).oneHot(classes, DType.BOOL);
    // Picks one term; a masked class, -∞, counts only where it is the label.
    return RoundOnce.of(logits, z -> hot.select(z.logSoftmax(last), z.like(0)).sum(last).neg());
  }

  /**
   * The cross entropy of a softmax with a distribution over the classes: {@code -Σ_j target_j log
   * softmax(logits)_j}. A masked class, of logit -∞, contributes nothing where its target is 0, and
   * the derivative in that target is 0.
   *
   * @param logits {@code [..., C]}
   * @param target {@code [..., C]}
   * @return {@code [...]}
   * @throws TypeException when the shapes differ
   */
  public static Tensor softmaxCrossEntropyTo(Tensor logits, Tensor target) {
    Operands.sameShape("softmaxCrossEntropyTo", "logits", logits, target);
    return RoundOnce.of(
        logits,
        target,
        (z, t) -> {
          Tensor log = z.logSoftmax(-1);
          // 0 log 0 = 0. Elsewhere the derivative in a target of 0 is -log p as in any other.
          Tensor masked = t.eq(0).and(log.eq(Double.NEGATIVE_INFINITY));
          return masked.select(log.like(0), log).mul(t).sum(-1).neg();
        });
  }

  /**
   * The binary cross entropy of {@code p = σ(logit)}: {@code -t log p - (1-t) log(1-p)}, computed
   * as {@code max(z, 0) - z t + log(1 + e^-|z|)}.
   *
   * @param target probabilities
   * @return the shape of both
   * @throws TypeException when the shapes differ
   */
  public static Tensor binaryCrossEntropy(Tensor logit, Tensor target) {
    Operands.sameShape("binaryCrossEntropy", "logits", logit, target);
    return RoundOnce.of(logit, target, Losses::binary);
  }

  private static Tensor binary(Tensor logit, Tensor target) {
    // one comparison for both max(z, 0) and -|z|: at 0 either side is correct and smooth
    Tensor below = logit.lt(0);
    Tensor linear = below.select(logit.like(0), logit).sub(logit.mul(target));
    return linear.add(below.select(logit, logit.neg()).exp().log1p());
  }

  /**
   * {@code (prediction - target)²}, element by element; {@link #meanSquaredError} is its mean.
   *
   * @return the shape of both
   * @throws TypeException when the shapes differ
   */
  public static Tensor squaredError(Tensor prediction, Tensor target) {
    Operands.sameShape("squaredError", "prediction", prediction, target);
    return RoundOnce.of(prediction, target, (y, t) -> y.sub(t).square());
  }

  /**
   * The mean of {@link #squaredError} over all elements.
   *
   * @throws TypeException when the shapes differ
   */
  public static Tensor meanSquaredError(Tensor prediction, Tensor target) {
    Operands.sameShape("meanSquaredError", "prediction", prediction, target);
    return RoundOnce.of(prediction, target, (y, t) -> y.sub(t).square().mean());
  }

  /**
   * {@code |prediction - target|}, element by element; {@link #meanAbsoluteError} is its mean.
   *
   * @return the shape of both
   * @throws TypeException when the shapes differ
   */
  public static Tensor absoluteError(Tensor prediction, Tensor target) {
    Operands.sameShape("absoluteError", "prediction", prediction, target);
    return prediction.sub(target).abs();
  }

  /**
   * The mean of {@link #absoluteError} over all elements.
   *
   * @throws TypeException when the shapes differ
   */
  public static Tensor meanAbsoluteError(Tensor prediction, Tensor target) {
    Operands.sameShape("meanAbsoluteError", "prediction", prediction, target);
    return RoundOnce.of(prediction, target, (y, t) -> y.sub(t).abs().mean());
  }

  /**
   * Huber's loss (1964) of {@code e = prediction - target}: {@code e²/2} up to {@code |e| = delta},
   * {@code delta (|e| - delta/2)} beyond.
   *
   * @param delta above 0
   * @return the shape of both
   * @throws TypeException when the shapes differ
   */
  public static Tensor huber(Tensor prediction, Tensor target, double delta) {
    Operands.sameShape("huber", "prediction", prediction, target);
    Operands.positive("huber", "delta", delta);
    return RoundOnce.of(
        prediction,
        target,
        (y, t) -> {
          Tensor e = y.sub(t);
          // No |e|, which would have no curvature at 0: with c = e, limited to ±delta, c (e - c/2)
          Tensor near = e.clip(-delta, delta);
          return near.mul(e.sub(near.mul(0.5)));
        });
  }

  /**
   * The cosine of the angle between vectors on the last axis: {@code a·b / (|a| |b|)}, with norms
   * of at least 1e-8.
   *
   * @param a {@code [..., n]}
   * @param b {@code [..., n]}, with as many axes as a; those before the last may have length 1 in
   *     either, to compare one vector with many
   * @return the shape of both, broadcast, without the last axis
   * @throws TypeException when the shapes do not fit
   */
  public static Tensor cosineSimilarity(Tensor a, Tensor b) {
    Operands.vectors("cosineSimilarity", a, b);
    return RoundOnce.of(a, b, Losses::cosine);
  }

  private static Tensor cosine(Tensor a, Tensor b) {
    return a.mul(b).sum(-1).div(norm(a).mul(norm(b)));
  }

  /** {@code 1 -} {@link #cosineSimilarity}. */
  public static Tensor cosineDistance(Tensor a, Tensor b) {
    Operands.vectors("cosineDistance", a, b);
    return RoundOnce.of(a, b, (x, y) -> cosine(x, y).neg().add(1));
  }

  // √max(Σx², 1e-16), whose derivative at 0 is 0
  private static Tensor norm(Tensor x) {
    Tensor square = x.square().sum(-1);
    return square.max(square.like(1e-16)).sqrt();
  }

  /**
   * The squared distance of spike trains (van Rossum 2001): with {@code f}, {@code g} the trains
   * filtered by {@code e^(-t/tau)}, {@code dt/tau Σ_t (f - g)²}. One extra spike adds 1/2 when
   * steps are short and the train is long enough.
   *
   * @param prediction {@code [T, ...]}
   * @param target {@code [T, ...]}
   * @param tau time constant, in the unit of {@code dt}
   * @param dt length of a step
   * @return {@code [...]}
   * @throws TypeException when the shapes differ, or tau or dt is not above 0
   */
  public static Tensor vanRossum(Tensor prediction, Tensor target, double tau, double dt) {
    Operands.sameShape("vanRossum", "prediction", prediction, target);
    Operands.positive("vanRossum", "tau", tau);
    Operands.positive("vanRossum", "dt", dt);
    return RoundOnce.of(prediction, target, (f, g) -> filtered(f.sub(g), tau, dt));
  }

  private static Tensor filtered(Tensor difference, double tau, double dt) {
    double decay = Math.exp(-dt / tau);
    Tensor none = difference.get(0).mul(0);
    Tensor squares =
        Engram.scan(
                (Tensor f, Tensor d) -> {
                  Tensor next = f.mul(decay).add(d);
                  return new StepResult<>(next, next.square());
                },
                none,
                difference)
            .out();
    return squares.sum(0).mul(dt / tau);
  }

  /**
   * The mean of the values where {@code mask} is true; 0 when it is true nowhere. Values that are
   * masked out, even NaN, affect neither the mean nor its derivative.
   *
   * @param values float {@code [..., …]}, such as losses {@code [T, B]} or squared errors {@code
   *     [T, B, out]}
   * @param mask {@code bool[...]}, with the leading axes of the values
   * @return a scalar
   * @throws TypeException when the types do not fit
   */
  public static Tensor maskedMean(Tensor values, Tensor mask) {
    Given.given("maskedMean", "values", values);
    Given.given("maskedMean", "mask", mask);
    boolean fits =
        values.dtype().isFloat()
            && mask.dtype() == DType.BOOL
            && mask.rank() <= values.rank()
            && values.shape().range(0, mask.rank()).equals(mask.shape());
    if (!fits) {
      throw new TypeException(
          ("maskedMean: the mask has type %s, expected bool of the first axes of"
                  + " the values %s (%s); make a mask of numbers with .gt(0)")
              .formatted(mask.type(), values.type(), SourceLocation.here()));
    }
    Tensor wide = mask;
    for (int axis = mask.rank(); axis < values.rank(); axis++) {
      wide = wide.expandDims(axis);
    }
    wide = wide.broadcastTo(values.shape());
    // Sums of many 16-bit values overflow their type.
    DType sums = values.dtype() == DType.F64 ? DType.F64 : DType.F32;
    Tensor count = wide.cast(DType.F64).sum().clipMin(1).cast(sums);
    Tensor all = wide.select(values, values.like(0)).cast(sums).sum();
    return all.div(count).cast(values.dtype());
  }
}
