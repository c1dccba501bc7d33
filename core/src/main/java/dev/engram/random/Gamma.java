package dev.engram.random;

import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.tensor.Moves;
import java.util.List;

/**
 * Gamma variables with scale 1 (Marsaglia and Tsang 2000): {@code one} of shape α where α is at
 * least 1; else {@code one} of shape α+1 times {@code e^(-wait/α)}.
 */
public final class Gamma {
  /** Trials: the chance that all are rejected is below 1e-20. */
  private static final int ROUNDS = 16;

  private final Tensor alpha;
  private final Tensor small;
  private final Tensor one;
  private final Tensor wait;

  private Gamma(Tensor alpha, Tensor small, Tensor one, Tensor wait) {
    this.alpha = alpha;
    this.small = small;
    this.one = one;
    this.wait = wait;
  }

  /** Of shape parameters in f64. */
  public static Gamma of(RandomKey key, Tensor alpha) {
    List<RandomKey> keys = key.split(3);
    Tensor small = alpha.lt(1);
    Tensor d = small.select(alpha.add(1), alpha).sub(1.0 / 3);
    Shape shape = alpha.shape();
    Shape rounds = Moves.named("gamma", () -> shape.insert(0, ROUNDS));
    Tensor x = RandomTensors.normal(keys.get(0), rounds, DType.F64);
    // v = (1 + x/√(9d))³, accepted when ln u < x²/2 + d - dv + d ln v
    Tensor root = x.div(d.mul(9).sqrt()).add(1);
    Tensor v = root.mul(root).mul(root);
    Tensor log = ExactMath.log(v.max(v.like(0x1p-50)).mul(0x1p-10)).add(10 * Math.log(2));
    Tensor limit = x.square().mul(0.5).add(d.mul(v.neg().add(1).add(log)));
    Tensor waits = RandomTensors.exponential(keys.get(1), rounds, DType.F64);
    Tensor accepted = v.gt(0).and(waits.neg().lt(limit));
    Tensor first = accepted.cast(DType.I32).argMax(0).expandDims(0);
    Tensor one = d.mul(v.takeAlongAxis(first, 0).squeeze(0));
    return new Gamma(alpha, small, one, RandomTensors.exponential(keys.get(2), shape, DType.F64));
  }

  public Tensor value() {
    // Γ(α) = Γ(α+1) U^(1/α)
    Tensor power = wait.neg().div(alpha).mul(1 / Math.log(2)).exp2();
    return small.select(one.mul(power), one);
  }

  /** The logarithm, which is finite where the value is too small for f64. */
  public Tensor log() {
    Tensor log = ExactMath.logWide(one);
    return small.select(log.sub(wait.div(alpha)), log);
  }
}
