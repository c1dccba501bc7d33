package dev.engram.loss;

import dev.engram.Engram;
import dev.engram.Step;
import dev.engram.ir.DType;
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
    Tensor hot = labels.checkRange("labels", 0, classes).oneHot(classes, DType.BOOL);
    // A sum of one term; a masked class, -∞, counts only where it is the label.
    return hot.select(logits.logSoftmax(last), logits.like(0)).sum(last).neg();
  }

  /**
   * The cross entropy of a softmax with a distribution over the classes: {@code -Σ_j target_j log
   * softmax(logits)_j}.
   *
   * @param logits {@code [..., C]}
   * @param target {@code [..., C]}
   * @return {@code [...]}
   */
  public static Tensor softmaxCrossEntropyTo(Tensor logits, Tensor target) {
    // 0 log 0 = 0, as for a masked class
    Tensor terms = logits.logSoftmax(-1).mul(target);
    return target.eq(0).select(terms.like(0), terms).sum(-1).neg();
  }

  /**
   * The binary cross entropy of {@code p = σ(logit)}: {@code -t log p - (1-t) log(1-p)}, computed
   * as {@code max(z, 0) - z t + log(1 + e^-|z|)}.
   *
   * @param target probabilities
   * @return the shape of both, broadcast
   */
  public static Tensor binaryCrossEntropy(Tensor logit, Tensor target) {
    return logit.relu().sub(logit.mul(target)).add(logit.abs().neg().exp().log1p());
  }

  /**
   * {@code (prediction - target)²}.
   *
   * @return the shape of both, broadcast
   */
  public static Tensor squaredError(Tensor prediction, Tensor target) {
    return prediction.sub(target).square();
  }

  /**
   * The mean of {@link #squaredError} over all elements.
   *
   * @throws TypeException when the shapes differ
   */
  public static Tensor meanSquaredError(Tensor prediction, Tensor target) {
    sameShape("meanSquaredError", prediction, target);
    return squaredError(prediction, target).mean();
  }

  /**
   * {@code |prediction - target|}.
   *
   * @return the shape of both, broadcast
   */
  public static Tensor absoluteError(Tensor prediction, Tensor target) {
    return prediction.sub(target).abs();
  }

  /**
   * The mean of {@link #absoluteError} over all elements.
   *
   * @throws TypeException when the shapes differ
   */
  public static Tensor meanAbsoluteError(Tensor prediction, Tensor target) {
    sameShape("meanAbsoluteError", prediction, target);
    return absoluteError(prediction, target).mean();
  }

  /**
   * Huber's loss (1964) of {@code e = prediction - target}: {@code e²/2} up to {@code |e| = delta},
   * {@code delta (|e| - delta/2)} beyond.
   *
   * @return the shape of both, broadcast
   */
  public static Tensor huber(Tensor prediction, Tensor target, double delta) {
    Tensor e = prediction.sub(target).abs();
    Tensor near = e.min(e.like(delta));
    // e²/2 + delta (|e| - |e|) = delta²/2 + delta (|e| - delta) at the joint
    return near.square().mul(0.5).add(e.sub(near).mul(delta));
  }

  /**
   * The cosine of the angle between vectors on the last axis: {@code a·b / (|a| |b|)}, with norms
   * of at least 1e-8.
   *
   * @return the shape of both, broadcast, without the last axis
   */
  public static Tensor cosineSimilarity(Tensor a, Tensor b) {
    return a.mul(b).sum(-1).div(norm(a).mul(norm(b)));
  }

  /** {@code 1 -} {@link #cosineSimilarity}. */
  public static Tensor cosineDistance(Tensor a, Tensor b) {
    return cosineSimilarity(a, b).neg().add(1);
  }

  // A column against a row would broadcast to a matrix, whose mean looks as good as any other.
  private static void sameShape(String loss, Tensor prediction, Tensor target) {
    if (!prediction.shape().equals(target.shape())) {
      throw new TypeException(
          loss
              + ": the target has type "
              + target.type()
              + ", expected the shape of the prediction "
              + prediction.type()
              + "; reshape one of them ("
              + Where.here()
              + ")");
    }
  }

  // √max(Σx², 1e-16), whose derivative at 0 is 0
  private static Tensor norm(Tensor x) {
    Tensor square = x.square().sum(-1);
    return square.max(square.like(1e-16)).sqrt();
  }

  /**
   * The squared distance of spike trains (van Rossum 2001): with {@code f}, {@code g} the trains
   * filtered by {@code e^(-t/tau)}, {@code dt/tau Σ_t (f - g)²}. A spike too many counts 1/2 when
   * steps are short and the train goes on long enough.
   *
   * @param prediction {@code [T, ...]}
   * @param target {@code [T, ...]}
   * @param tau time constant, in the unit of {@code dt}
   * @param dt length of a step
   * @return {@code [...]}
   */
  public static Tensor vanRossum(Tensor prediction, Tensor target, double tau, double dt) {
    Tensor difference = prediction.sub(target);
    double decay = Math.exp(-dt / tau);
    Tensor none = difference.get(0).mul(0);
    Tensor squares =
        Engram.scan(
                (Tensor f, Tensor d) -> {
                  Tensor next = f.mul(decay).add(d);
                  return new Step<>(next, next.square());
                },
                none,
                difference)
            .out();
    return squares.sum(0).mul(dt / tau);
  }

  /**
   * The mean of the values where {@code mask} is true; 0 where it is true nowhere. What it leaves
   * out has no part in value and derivative, NaN included.
   *
   * @param values float {@code [..., …]}, such as losses {@code [T, B]} or squared errors {@code
   *     [T, B, out]}
   * @param mask {@code bool[...]}, of the first axes of the values
   * @return a scalar
   * @throws TypeException when the types do not fit
   */
  public static Tensor maskedMean(Tensor values, Tensor mask) {
    boolean fits =
        values.dtype().isFloat()
            && mask.dtype() == DType.BOOL
            && mask.rank() <= values.rank()
            && values.shape().range(0, mask.rank()).equals(mask.shape());
    if (!fits) {
      throw new TypeException(
          ("maskedMean: the mask has type %s, expected bool of the first axes of"
                  + " the values %s (%s); make a mask of numbers with .gt(0)")
              .formatted(mask.type(), values.type(), Where.here()));
    }
    Tensor wide = mask;
    for (int axis = mask.rank(); axis < values.rank(); axis++) {
      wide = wide.expandDims(axis);
    }
    wide = wide.broadcastTo(values.shape());
    // Sums of many 16-bit values leave the range of their type.
    DType sums = values.dtype() == DType.F64 ? DType.F64 : DType.F32;
    Tensor count = wide.cast(DType.F64).sum().clipMin(1).cast(sums);
    Tensor all = wide.select(values, values.like(0)).cast(sums).sum();
    return all.div(count).cast(values.dtype());
  }
}
