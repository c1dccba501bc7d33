package dev.engram.random;

import dev.engram.Engram;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.StepResult;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import java.util.List;
import java.util.function.BiFunction;

/**
 * Random counts: by inversion where few are expected, else by Hörmann's transformed rejection
 * (1993). Each element stops at its own trial, so that its number depends on no other.
 */
public final class Counts {
  /** From here on rejection is used. */
  private static final double MANY = 10;

  /** Terms of an inversion: the chance of more events is below 1e-50 where it is used. */
  private static final int TERMS = 110;

  /** Trials: each is accepted with a chance above 0.7, so that all fail is below 1e-25. */
  private static final int TRIALS = 48;

  private Counts() {}

  /** Poisson's distribution, f64, for rates of 0 to 1e9. */
  public static Tensor poisson(RandomKey key, Tensor rate) {
    List<RandomKey> keys = key.split(2);
    Tensor few = rate.lt(MANY);
    Tensor low = few.select(rate, rate.like(0));
    Tensor first = ExactMath.exp(low.neg());
    Tensor inverted = inverted(keys.get(0), first, (p, k) -> p.mul(low).div(k.add(1)));
    Tensor high = few.select(rate.like(MANY), rate);
    return few.select(inverted, manyPoisson(keys.get(1), high));
  }

  /** PTRS of Hörmann, <i>The transformed rejection method for Poisson random variables</i>. */
  private static Tensor manyPoisson(RandomKey key, Tensor rate) {
    Tensor b = rate.sqrt().mul(2.53).add(0.931);
    Tensor a = b.mul(0.02483).sub(0.059);
    Tensor fast = b.sub(2).reciprocal().mul(-3.6224).add(0.9277);
    Tensor scale = b.sub(3.4).reciprocal().mul(1.1328).add(1.1239);
    Tensor log = ExactMath.logWide(rate);
    return accepted(
        key,
        rate,
        (u, v) -> {
          Tensor us = u.abs().neg().add(0.5);
          Tensor k = a.mul(2).div(us).add(b).mul(u).add(rate).add(0.43).floor();
          Tensor quick = us.ge(0.07).and(v.le(fast));
          Tensor never = k.lt(0).or(us.lt(0.013).and(v.gt(us)));
          Tensor n = k.clip(0, 0x1p32);
          Tensor left =
              ExactMath.log(v)
                  .add(ExactMath.logWide(scale))
                  .sub(ExactMath.logWide(spread(a, b, us)));
          Tensor right = n.mul(log).sub(rate).sub(ExactMath.logFactorial(n));
          return new Trial(n, quick.or(never.not().and(left.le(right))));
        });
  }

  // a/us² + b, kept within the domain of the logarithm
  private static Tensor spread(Tensor a, Tensor b, Tensor us) {
    return a.div(us.mul(us)).add(b).clipMax(0x1p64);
  }

  /** The binomial distribution, f64, for n of 0 to 2^31 and p of 0 to 1. */
  public static Tensor binomial(RandomKey key, Tensor n, Tensor p) {
    List<RandomKey> keys = key.split(2);
    Tensor turned = p.gt(0.5);
    Tensor less = turned.select(p.neg().add(1), p);
    Tensor few = n.mul(less).lt(MANY);
    Tensor low = few.select(less, less.like(0));
    Tensor odds = low.div(low.neg().add(1));
    Tensor first = ExactMath.exp(n.mul(ExactMath.logWithout(low)));
    Tensor inverted =
        inverted(keys.get(0), first, (x, k) -> x.mul(n.sub(k).clipMin(0)).div(k.add(1)).mul(odds));
    Tensor many = few.select(n.like(4 * MANY), n);
    Tensor high = few.select(less.like(0.5), less);
    Tensor count = few.select(inverted.min(n), manyBinomial(keys.get(1), many, high));
    return turned.select(n.sub(count), count);
  }

  /** BTRS of Hörmann, <i>The generation of binomial random variates</i>. */
  private static Tensor manyBinomial(RandomKey key, Tensor n, Tensor p) {
    Tensor q = p.neg().add(1);
    Tensor deviation = n.mul(p).mul(q).sqrt();
    Tensor b = deviation.mul(2.53).add(1.15);
    Tensor a = b.mul(0.0248).sub(0.0873).add(p.mul(0.01));
    Tensor c = n.mul(p).add(0.5);
    Tensor fast = b.reciprocal().mul(-4.2).add(0.92);
    Tensor scale = b.reciprocal().mul(5.1).add(2.83).mul(deviation);
    Tensor log = ExactMath.logWide(p.div(q));
    Tensor mode = n.add(1).mul(p).floor();
    Tensor top = ExactMath.logFactorial(mode).add(ExactMath.logFactorial(n.sub(mode)));
    return accepted(
        key,
        p,
        (u, v) -> {
          Tensor us = u.abs().neg().add(0.5);
          Tensor k = a.mul(2).div(us).add(b).mul(u).add(c).floor();
          Tensor inside = k.ge(0).and(k.le(n));
          Tensor quick = inside.and(us.ge(0.07)).and(v.le(fast));
          Tensor x = k.max(k.like(0)).min(n);
          Tensor left =
              ExactMath.log(v)
                  .add(ExactMath.logWide(scale))
                  .sub(ExactMath.logWide(spread(a, b, us)));
          Tensor right =
              top.sub(ExactMath.logFactorial(x))
                  .sub(ExactMath.logFactorial(n.sub(x)))
                  .add(x.sub(mode).mul(log));
          return new Trial(x, quick.or(inside.and(left.le(right))));
        });
  }

  /** How often each class comes, f64: binomial counts of what the classes before it left. */
  public static Tensor multinomial(RandomKey key, Tensor n, Tensor p) {
    int classes = p.dim(-1);
    Tensor each = p.moveAxis(-1, 0);
    Tensor tails = each.cumSum(0, true);
    Tensor none = tails.eq(0);
    Tensor share = none.select(each.like(0), each.div(none.select(each.like(1), tails))).clip(0, 1);
    // the last class with a chance takes what is left
    share = each.gt(0).and(each.ge(tails)).select(each.like(1), share);
    RandomKey keys = key.splitStack(classes);
    Tensor out =
        Engram.scan(
                (Tensor left, List<Tensor> x) -> {
                  Tensor count = binomial(new RandomKey(x.get(0)), left, x.get(1));
                  return new StepResult<>(left.sub(count), count);
                },
                n,
                List.of(keys.words(), share))
            .out();
    return out.moveAxis(0, -1);
  }

  /** A proposal, and where it is accepted. */
  private record Trial(Tensor value, Tensor accepted) {}

  /** The first accepted proposal of each element: from u in (-½, ½) and v in (0, 1]. */
  private static Tensor accepted(
      RandomKey key, Tensor like, BiFunction<Tensor, Tensor, Trial> propose) {
    Tensor start = HostTensor.of(new int[] {0});
    Tensor open = like.isNan().or(like.isNan().not());
    List<Tensor> init = List.of(start, like.like(0), open);
    return Engram.whileLoop(
            (List<Tensor> c) -> c.get(2).any(),
            (List<Tensor> c) -> {
              List<RandomKey> keys = key.foldIn(c.get(0)).split(2);
              Tensor u = half(keys.get(0), like.shape());
              Tensor v = whole(keys.get(1), like.shape());
              Trial t = propose.apply(u, v);
              Tensor next = c.get(2).select(t.value(), c.get(1));
              return List.of(c.get(0).add(1), next, c.get(2).and(t.accepted().not()));
            },
            init,
            TRIALS)
        .get(1);
  }

  // (-½, ½), by odd multiples of 2^-54 that are representable
  private static Tensor half(RandomKey key, Shape shape) {
    return RandomTensors.uniform(key, shape, DType.F64).sub(0.5).add(0x1p-54);
  }

  private static Tensor whole(RandomKey key, Shape shape) {
    return RandomTensors.uniform(key, shape, DType.F64).neg().add(1);
  }

  /** The least k whose cumulative probability is above u. */
  private static Tensor inverted(
      RandomKey key, Tensor first, BiFunction<Tensor, Tensor, Tensor> next) {
    Tensor u = RandomTensors.uniform(key, first.shape(), DType.F64);
    List<Tensor> init = List.of(first.like(0), first, first);
    return Engram.whileLoop(
            (List<Tensor> c) -> u.ge(c.get(2)).any(),
            (List<Tensor> c) -> {
              Tensor k = c.get(0);
              Tensor on = u.ge(c.get(2));
              Tensor p = next.apply(c.get(1), k);
              return List.of(
                  on.select(k.add(1), k),
                  on.select(p, c.get(1)),
                  on.select(c.get(2).add(p), c.get(2)));
            },
            init,
            TERMS)
        .get(0);
  }
}
