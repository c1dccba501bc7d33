package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;
import java.util.Optional;

/**
 * The linear recurrent unit (Orvieto et al. 2023, "Resurrecting recurrent neural networks for long
 * sequences"): a complex diagonal recurrence, stored as real and imaginary parts.
 *
 * <pre>
 *   λ = exp(-exp(nu)) (cos(exp(theta)) + i sin(exp(theta)))
 *   h = λ h + exp(gamma) (Bre + i Bim) x
 *   y = Re((Cre + i Cim) h) + D x
 * </pre>
 *
 * Initially {@code |λ|²} is uniform on {@code [low², high²]}, the phase uniform on {@code [0,
 * phase]}, and {@code exp(gamma) = √(1 - |λ|²)}. Input and output have the same length; the states
 * {@code re} and {@code im} are {@code [hidden]}. The two states of a position form one block of
 * the Jacobian, so D-RTRL is exact where no layer above has memory.
 */
public final class LruCell extends Cell {
  private final State nu;
  private final State theta;
  private final State gamma;
  private final Linear Bre;
  private final Linear Bim;
  private final Linear Cre;
  private final Linear Cim;
  private final State D;
  private final State re = state("re");
  private final State im = state("im");

  /** {@code |λ|} from 0 to 1, phases over the whole circle, f32. */
  public LruCell(int in, int hidden, RandomKey key) {
    this(in, hidden, key, DType.F32, 0, 1, 2 * Math.PI);
  }

  /** {@code |λ|} from {@code low} to {@code high}, phases up to {@code phase}. */
  public LruCell(
      int in, int hidden, RandomKey key, DType dtype, double low, double high, double phase) {
    Given.given("LruCell", "key", key);
    super(in, hidden, dtype);
    if (!(low >= 0 && low < high && high <= 1 && phase > 0)) {
      throw new EngramException(
          "LruCell: low=%s, high=%s, phase=%s, expected 0 <= low < high <= 1 and phase > 0 (%s)"
              .formatted(low, high, phase, SourceLocation.here()));
    }
    List<RandomKey> keys = key.split(7);
    Shape each = Shape.of(hidden);
    // |λ|² = exp(-2 exp(nu)); u = 0 with low = 0 would take the logarithm of 0.
    Tensor u = RandomTensors.uniform(keys.get(0), each, DType.F64, 1e-6, 1 - 1e-6);
    Tensor square = u.mul(high * high - low * low).add(low * low);
    nu = parameter(square.log().mul(-0.5).log().cast(dtype));
    Tensor angle = RandomTensors.uniform(keys.get(1), each, DType.F64, 1e-6, 1).mul(phase);
    theta = parameter(angle.log().cast(dtype));
    gamma = parameter(square.neg().log1p().mul(0.5).cast(dtype));
    // Variance 1/(2 in): that of a complex number with variance 1/in.
    Bre = plain(in, hidden, keys.get(2), dtype, Math.sqrt(0.5 / in));
    Bim = plain(in, hidden, keys.get(3), dtype, Math.sqrt(0.5 / in));
    Cre = plain(hidden, in, keys.get(4), dtype, Math.sqrt(1.0 / hidden));
    Cim = plain(hidden, in, keys.get(5), dtype, Math.sqrt(1.0 / hidden));
    D = parameter(RandomTensors.normal(keys.get(6), Shape.of(in), dtype));
  }

  private static Linear plain(int from, int to, RandomKey key, DType dtype, double deviation) {
    return new Linear(from, to, key, dtype, Initializer.normal(deviation), Optional.empty());
  }

  /**
   * {@inheritDoc}
   *
   * @return {@code [in]}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("LruCell.update", "x", x);
    Tensor oldRe = old(re);
    Tensor oldIm = old(im);
    checkInput(x, oldRe);
    Tensor size = nu.value().exp().neg().exp();
    Tensor angle = theta.value().exp();
    Tensor lambdaRe = size.mul(angle.cos());
    Tensor lambdaIm = size.mul(angle.sin());
    Tensor scale = gamma.value().exp();
    Tensor newRe = lambdaRe.mul(oldRe).sub(lambdaIm.mul(oldIm)).add(scale.mul(Bre.update(x)));
    Tensor newIm = lambdaRe.mul(oldIm).add(lambdaIm.mul(oldRe)).add(scale.mul(Bim.update(x)));
    re.set(newRe);
    im.set(newIm);
    return Cre.update(newRe).sub(Cim.update(newIm)).add(D.value().mul(x));
  }
}
