package dev.engram.loss;

import dev.engram.Engram;
import dev.engram.StepResult;
import dev.engram.ir.DType;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import java.util.List;

/**
 * The standard losses. Prediction and target must have the same shape; nothing is broadcast. 16-bit
 * types are computed in f32 and rounded once.
 */
public final class Losses {
  private static final String FOR_ONE_HOT =
      "use softmaxCrossEntropyTo, which takes one-hot labels and other distributions";
  private static final String FOR_CLASSES = "take the classes from them with .argMax(-1)";

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
    Tensor hot = hot("softmaxCrossEntropy", logits, labels, FOR_ONE_HOT);
    return RoundOnce.of(logits, z -> pick(hot, z.logSoftmax(-1)).neg());
  }

  /** The labels as bools for each class; checks both. */
  private static Tensor hot(String loss, Tensor logits, Tensor labels, String forOneHot) {
    Operands.classes(loss, logits);
    Operands.labels(loss, logits, labels, forOneHot);
    int classes = logits.dim(-1);
    return labels.checkRange("labels", 0, classes).oneHot(classes, DType.BOOL);
  }

  // Picks one term; a masked class, -∞, counts only where it is the label.
  private static Tensor pick(Tensor hot, Tensor x) {
    return hot.select(x, x.like(0)).sum(-1);
  }

  /**
   * {@link #softmaxCrossEntropy} with smoothed labels (Szegedy et al. 2016): the target is {@code 1
   * - smoothing} at the label, and {@code smoothing / K} more at each of the K classes. A masked
   * class, of logit -∞, is none of them.
   *
   * @param logits float {@code [..., C]}
   * @param labels integer {@code [...]}, each in {@code 0..C-1}
   * @param smoothing from 0 to 1
   * @return {@code [...]}
   * @throws TypeException when the types do not fit
   */
  public static Tensor softmaxCrossEntropySmoothed(Tensor logits, Tensor labels, double smoothing) {
    Ranges.share("softmaxCrossEntropySmoothed", "smoothing", smoothing);
    Tensor hot = hot("softmaxCrossEntropySmoothed", logits, labels, FOR_ONE_HOT);
    return RoundOnce.of(
        logits,
        z -> {
          Tensor log = z.logSoftmax(-1);
          Tensor open = z.ne(Double.NEGATIVE_INFINITY);
          Tensor classes = open.select(z.like(1), z.like(0)).sum(-1);
          Tensor even = open.select(log, log.like(0)).sum(-1).div(classes);
          return pick(hot, log).mul(smoothing - 1).sub(even.mul(smoothing));
        });
  }

  /**
   * {@code -logProbabilities_label}: {@link #softmaxCrossEntropy} of logarithms that are normalized
   * already.
   *
   * @param logProbabilities float {@code [..., C]}
   * @param labels integer {@code [...]}, each in {@code 0..C-1}
   * @return {@code [...]}
   * @throws TypeException when the types do not fit
   */
  public static Tensor negativeLogLikelihood(Tensor logProbabilities, Tensor labels) {
    Tensor hot = hot("negativeLogLikelihood", logProbabilities, labels, FOR_CLASSES);
    return RoundOnce.of(logProbabilities, log -> pick(hot, log).neg());
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
   * The divergence of the prediction from the target (Kullback and Leibler 1951): {@code Σ_j p_j
   * (log p_j - log q_j)} with {@code p = softmax(targetLogits)} and {@code q = softmax(logits)}.
   * Logarithms of probabilities are logits, too. A class whose target is masked, of logit -∞,
   * contributes nothing; one that is masked in the prediction alone makes it ∞.
   *
   * @param logits {@code [..., C]}
   * @param targetLogits {@code [..., C]}
   * @return {@code [...]}
   * @throws TypeException when the shapes differ
   */
  public static Tensor klDivergence(Tensor logits, Tensor targetLogits) {
    Operands.sameShape("klDivergence", "logits", logits, targetLogits);
    return RoundOnce.of(
        logits,
        targetLogits,
        (z, t) -> {
          Tensor log = t.logSoftmax(-1);
          Tensor difference = log.sub(z.logSoftmax(-1));
          Tensor none = t.eq(Double.NEGATIVE_INFINITY);
          return log.exp().mul(none.select(log.like(0), difference)).sum(-1);
        });
  }

  /**
   * The focal loss of a softmax (Lin et al. 2017): {@code -(1 - p)^gamma log p}, where {@code p} is
   * the softmax of the label's logit. With gamma 0 it is {@link #softmaxCrossEntropy}.
   *
   * @param logits float {@code [..., C]}
   * @param labels integer {@code [...]}, each in {@code 0..C-1}
   * @param gamma at least 0: how much less examples count that are classified well
   * @return {@code [...]}
   * @throws TypeException when the types do not fit
   */
  public static Tensor softmaxFocal(Tensor logits, Tensor labels, double gamma) {
    Ranges.notNegative("softmaxFocal", "gamma", gamma);
    Tensor hot = hot("softmaxFocal", logits, labels, FOR_CLASSES);
    return RoundOnce.of(
        logits,
        z -> {
          Tensor log = pick(hot, z.logSoftmax(-1));
          return log.mul(power(log.expm1().neg(), gamma)).neg();
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
   * The focal loss of {@code p = σ(logit)} (Lin et al. 2017): {@link #binaryCrossEntropy} times
   * {@code (1 - q)^gamma}, where {@code q = t p + (1-t) (1-p)} is the probability of the target.
   *
   * @param target probabilities
   * @param gamma at least 0: how much less examples count that are classified well
   * @return the shape of both
   * @throws TypeException when the shapes differ
   */
  public static Tensor binaryFocal(Tensor logit, Tensor target, double gamma) {
    Operands.sameShape("binaryFocal", "logits", logit, target);
    Ranges.notNegative("binaryFocal", "gamma", gamma);
    return RoundOnce.of(logit, target, (z, t) -> focal(z, t, gamma));
  }

  /**
   * {@link #binaryFocal(Tensor, Tensor, double)}, times {@code alpha t + (1-alpha) (1-t)}.
   *
   * @param target probabilities
   * @param gamma at least 0: how much less examples count that are classified well
   * @param alpha from 0 to 1: the weight of targets that are 1; of those that are 0 it is 1-alpha
   * @return the shape of both
   * @throws TypeException when the shapes differ
   */
  public static Tensor binaryFocal(Tensor logit, Tensor target, double gamma, double alpha) {
    Operands.sameShape("binaryFocal", "logits", logit, target);
    Ranges.notNegative("binaryFocal", "gamma", gamma);
    Ranges.share("binaryFocal", "alpha", alpha);
    return RoundOnce.of(
        logit, target, (z, t) -> focal(z, t, gamma).mul(t.mul(2 * alpha - 1).add(1 - alpha)));
  }

  private static Tensor focal(Tensor z, Tensor t, double gamma) {
    // 1 - q = t (1-p) + (1-t) p, without 1 - p, which would lose the digits of a small one
    Tensor wrong = t.mul(z.neg().sigmoid()).add(t.neg().add(1).mul(z.sigmoid()));
    return binary(z, t).mul(power(wrong, gamma));
  }

  // x^gamma; x is kept off 0, where the derivative may be infinite
  private static Tensor power(Tensor x, double gamma) {
    return gamma == 0 ? x.like(1) : x.clipMin(x.dtype() == DType.F64 ? 1e-300 : 1e-37).pow(gamma);
  }

  /**
   * The hinge loss {@code max(0, 1 - target · prediction)}, element by element (Cortes and Vapnik
   * 1995).
   *
   * @param target -1 or 1
   * @return the shape of both
   * @throws TypeException when the shapes differ
   */
  public static Tensor hinge(Tensor prediction, Tensor target) {
    Operands.sameShape("hinge", "prediction", prediction, target);
    return RoundOnce.of(prediction, target, (y, t) -> y.mul(t).neg().add(1).relu());
  }

  /**
   * The square of {@link #hinge}, element by element.
   *
   * @param target -1 or 1
   * @return the shape of both
   * @throws TypeException when the shapes differ
   */
  public static Tensor squaredHinge(Tensor prediction, Tensor target) {
    Operands.sameShape("squaredHinge", "prediction", prediction, target);
    return RoundOnce.of(prediction, target, (y, t) -> y.mul(t).neg().add(1).relu().square());
  }

  /**
   * The hinge loss of many classes (Crammer and Singer 2001): {@code max(0, 1 + max_j scores_j -
   * scores_label)}, with the maximum over all other classes.
   *
   * @param scores float {@code [..., C]}; a masked class has -∞
   * @param labels integer {@code [...]}, each in {@code 0..C-1}
   * @return {@code [...]}
   * @throws TypeException when the types do not fit
   */
  public static Tensor multiclassHinge(Tensor scores, Tensor labels) {
    Tensor hot = hot("multiclassHinge", scores, labels, FOR_CLASSES);
    return RoundOnce.of(
        scores,
        y -> {
          Tensor others = hot.select(y.like(Double.NEGATIVE_INFINITY), y).max(-1);
          return others.sub(pick(hot, y)).add(1).relu();
        });
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
   * {@code log cosh(prediction - target)}, element by element: {@code e²/2} near 0, {@code |e| -
   * log 2} far from it.
   *
   * @return the shape of both
   * @throws TypeException when the shapes differ
   */
  public static Tensor logCosh(Tensor prediction, Tensor target) {
    Operands.sameShape("logCosh", "prediction", prediction, target);
    return RoundOnce.of(prediction, target, (y, t) -> logCosh(y.sub(t)));
  }

  // cosh e = 1 + 2 sinh²(e/2) = e^|e| (1 + e^-2|e|) / 2: the first keeps the digits of a small e
  private static Tensor logCosh(Tensor e) {
    Tensor size = e.lt(0).select(e.neg(), e);
    Tensor near = size.lt(1);
    Tensor half = near.select(e, e.like(0)).mul(0.5).sinh();
    Tensor far = size.add(size.mul(-2).exp().log1p()).sub(Math.log(2));
    return near.select(half.square().mul(2).log1p(), far);
  }

  /**
   * {@code -log} of the probability of a count under Poisson's distribution, element by element:
   * {@code e^logRate - count · logRate + log count!}. It is ∞ where the rate itself overflows.
   *
   * @param count numbers of events, in the type of the rates
   * @return the shape of both
   * @throws TypeException when the shapes differ
   */
  public static Tensor poissonNegativeLogLikelihood(Tensor logRate, Tensor count) {
    Operands.sameShape("poissonNegativeLogLikelihood", "log rates", logRate, count);
    return RoundOnce.of(logRate, count, (z, n) -> z.exp().sub(n.mul(z)).add(n.add(1).lgamma()));
  }

  /**
   * {@code -log} of the density of a normal variable, element by element: {@code (log 2π +
   * logVariance + (target - mean)² e^-logVariance) / 2}. The factor {@code e^-logVariance} is at
   * most e^44 in f32 and e^354 in f64, so that products with it are finite.
   *
   * @return the shape of all
   * @throws TypeException when the shapes differ
   */
  public static Tensor gaussianNegativeLogLikelihood(
      Tensor mean, Tensor logVariance, Tensor target) {
    Operands.sameShape("gaussianNegativeLogLikelihood", "mean", mean, target);
    Operands.sameShape("gaussianNegativeLogLikelihood", "log variance", logVariance, target);
    return RoundOnce.of(
        List.of(mean, logVariance, target),
        x -> {
          Tensor s = x.get(1);
          Tensor precision = s.neg().clipMax(s.dtype() == DType.F64 ? 354 : 44).exp();
          Tensor square = x.get(2).sub(x.get(0)).square();
          return square.mul(precision).add(s).add(Math.log(2 * Math.PI)).mul(0.5);
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

  /**
   * The loss of a pair of vectors on the last axis: {@link #cosineDistance} where they belong
   * together, else {@code max(0, cosine - margin)}.
   *
   * @param a {@code [..., n]}
   * @param b {@code [..., n]}, as for {@link #cosineSimilarity}
   * @param together {@code bool[...]}, of the shape of the result
   * @param margin from -1 to 1: vectors that do not belong together may be as similar as this
   * @return the shape of both, broadcast, without the last axis
   * @throws TypeException when the types do not fit
   */
  public static Tensor cosineEmbedding(Tensor a, Tensor b, Tensor together, double margin) {
    Ranges.in("cosineEmbedding", "margin", margin, "-1 <= margin <= 1", x -> x >= -1 && x <= 1);
    Operands.vectors("cosineEmbedding", a, b);
    Given.given("cosineEmbedding", "together", together);
    return RoundOnce.of(
        a,
        b,
        (x, y) -> {
          Tensor cosine = cosine(x, y);
          Operands.bools("cosineEmbedding", "together", together, cosine.shape());
          return together.select(cosine.neg().add(1), cosine.sub(margin).relu());
        });
  }

  /**
   * The loss of triplets of vectors on the last axis (Schroff et al. 2015, with distances instead
   * of their squares): {@code max(0, |anchor - positive| - |anchor - negative| + margin)}, with
   * distances of at least 1e-8.
   *
   * @param anchor {@code [..., n]}
   * @param positive {@code [..., n]}: belongs to the anchor
   * @param negative {@code [..., n]}: does not
   * @param margin above 0
   * @return {@code [...]}
   * @throws TypeException when the shapes differ
   */
  public static Tensor tripletMargin(
      Tensor anchor, Tensor positive, Tensor negative, double margin) {
    Operands.sameShape("tripletMargin", "anchor", anchor, positive);
    Operands.sameShape("tripletMargin", "anchor", anchor, negative);
    Operands.vectors("tripletMargin", anchor, positive);
    Operands.positive("tripletMargin", "margin", margin);
    return RoundOnce.of(
        List.of(anchor, positive, negative),
        x -> {
          Tensor near = norm(x.get(0).sub(x.get(1)));
          Tensor far = norm(x.get(0).sub(x.get(2)));
          return near.sub(far).add(margin).relu();
        });
  }

  /**
   * The loss of a ranking of pairs, element by element: {@code max(0, margin - higher + lower)}.
   *
   * @param higher scores that should be higher
   * @param lower scores that should be lower
   * @param margin at least 0: by how much
   * @return the shape of both
   * @throws TypeException when the shapes differ
   */
  public static Tensor marginRanking(Tensor higher, Tensor lower, double margin) {
    Operands.sameShape("marginRanking", "higher scores", higher, lower);
    Ranges.notNegative("marginRanking", "margin", margin);
    return RoundOnce.of(higher, lower, (x, y) -> y.sub(x).add(margin).relu());
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
   * {@code -log} of the probability of a sequence of labels, summed over all alignments with the
   * steps (connectionist temporal classification, Graves et al. 2006). Class 0 is the blank. It is
   * ∞, with derivative 0, where there are too few steps for the labels.
   *
   * @param logits float {@code [T, ..., C]}
   * @param labels integer {@code [..., L]}, each in {@code 1..C-1}; those behind the last one of a
   *     sequence are not read
   * @param steps integer {@code [...]}, 1 to T: the steps of each example
   * @param lengths integer {@code [...]}, 0 to L: the labels of each example
   * @return {@code [...]}
   * @throws TypeException when the types do not fit
   */
  public static Tensor ctc(Tensor logits, Tensor labels, Tensor steps, Tensor lengths) {
    Ctc c = new Ctc(logits, labels, steps, lengths);
    return RoundOnce.of(logits, c::of);
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
