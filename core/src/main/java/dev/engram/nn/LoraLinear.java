package dev.engram.nn;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import java.util.List;

/**
 * Low-rank adaptation (Hu et al. 2022): {@code y = x W + (scale/rank) x A B}, where W is frozen and
 * the factors are learned. States: {@code A [in, rank]}, {@code B [rank, out]}, zero at first, and
 * the constant {@code base [in, out]}.
 *
 * <p>The product A B is computed before it is applied to the input. So weights meet data in a
 * single op, and online learning traces both factors. Its trace is {@code [in, out]}.
 */
public final class LoraLinear extends Layer {
  private final State base;
  private final State A;
  private final State B;
  private final double scale;

  /**
   * @param base W, {@code [in, out]}
   * @param rank at least 1
   */
  public LoraLinear(Tensor base, int rank, double scale, RandomKey key) {
    this(base, rank, scale, key, Initializer.lecunNormal(), Initializer.zeros());
  }

  /**
   * @param base W, {@code [in, out]}
   * @param rank at least 1
   * @param a makes {@code [in, rank]}
   * @param b makes {@code [rank, out]}; zeros for a layer that starts as {@code base}
   */
  public LoraLinear(
      Tensor base, int rank, double scale, RandomKey key, Initializer a, Initializer b) {
    Given.given("LoraLinear", "a", a);
    Given.given("LoraLinear", "b", b);
    Ranges.finite("LoraLinear", "scale", scale);
    Given.given("LoraLinear", "base", base);
    Given.given("LoraLinear", "key", key);
    if (base.rank() != 2 || rank < 1) {
      throw new TypeException(
          "LoraLinear: base "
              + base.type()
              + ", rank="
              + rank
              + ", expected a matrix and at least 1 ("
              + SourceLocation.here()
              + ")");
    }
    DType dtype = base.dtype();
    this.base = other(base);
    this.scale = scale / rank;
    this.A = parameter(a.make(key, Shape.of(base.dim(0), rank), dtype));
    this.B = parameter(b.make(key, Shape.of(rank, base.dim(1)), dtype));
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [..., in]}
   * @return {@code [..., out]}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("LoraLinear.update", "x", x);
    return x.matmul(base.value()).add(x.matmul(learned()));
  }

  /** Returns the equivalent single matrix, {@code [in, out]}. */
  public Tensor merged() {
    return RoundOnce.of(
        List.of(base.value(), A.value(), B.value()),
        in -> in.get(0).add(in.get(1).matmul(in.get(2)).mul(scale)));
  }

  /** A B scale/rank */
  private Tensor learned() {
    return RoundOnce.of(A.value(), B.value(), (a, b) -> a.matmul(b).mul(scale));
  }
}
