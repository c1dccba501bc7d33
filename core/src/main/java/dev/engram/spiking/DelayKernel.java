package dev.engram.spiking;

import dev.engram.Model;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * How much of each of the last steps a delay that is no whole number lets through: {@code κ(k - d)}
 * of what came in k steps ago, which sum to 1. It has a derivative in the delay d.
 *
 * <p>Delays outside 0 to longest count as the nearest end, with no derivative.
 */
public abstract sealed class DelayKernel extends Model {
  private DelayKernel() {}

  /**
   * Linear interpolation between the two neighbouring steps: with {@code f = d - ⌊d⌋}, {@code 1 -
   * f} of that ⌊d⌋ steps ago and f of the one before. The derivative in d is the difference of the
   * two; at a whole number that towards longer delays, at longest that towards shorter ones.
   */
  public static DelayKernel linear() {
    return new Linear();
  }

  /**
   * A Gaussian {@code exp(-(k - d)² / 2σ²)}, divided by its sum over the steps kept. A wide one
   * sees delays far from its own. {@link Gaussian#sigma} may shrink while delays are learned, until
   * each is one step. Hammouamri, Khalfaoui-Hassani and Masquelier, "Learning delays in spiking
   * neural networks using dilated convolutions with learnable spacings" (2023).
   *
   * @param sigma initial σ in steps, above 0
   */
  public static Gaussian gaussian(double sigma) {
    return new Gaussian(Ranges.positive("DelayKernel.gaussian", "sigma", sigma));
  }

  /**
   * Returns κ for each step kept.
   *
   * @param delays {@code [...]}, f32 or f64
   * @return {@code [longest+1, ...]}
   */
  final Tensor weights(Tensor delays, int longest) {
    int[] dims = new int[delays.rank() + 1];
    Arrays.fill(dims, 1);
    dims[0] = longest + 1;
    Tensor k =
        HostTensor.of(IntStream.rangeClosed(0, longest).asDoubleStream().toArray(), dims)
            .cast(delays.dtype());
    Tensor low = delays.like(0);
    Tensor high = delays.like(longest);
    // Unlike min and max, with the derivative of the inside at the ends.
    Tensor inside = delays.lt(low).select(low, delays.gt(high).select(high, delays));
    return of(inside, k, longest);
  }

  /**
   * @param d {@code [...]}
   * @param k {@code [longest+1, 1, ...]}
   */
  abstract Tensor of(Tensor d, Tensor k, int longest);

  static final class Linear extends DelayKernel {
    @Override
    Tensor of(Tensor d, Tensor k, int longest) {
      Tensor whole = d.floor().min(d.like(longest - 1)).stopGradient();
      Tensor f = d.sub(whole);
      Tensor before = k.eq(whole.add(1)).select(f, f.like(0));
      return k.eq(whole).select(f.neg().add(1), before);
    }
  }

  /** A {@link #gaussian}. State: {@code sigma []}, a parameter whose derivative is zero. */
  public static final class Gaussian extends DelayKernel {
    private final State sigma;

    private Gaussian(double sigma) {
      this.sigma = parameter(HostTensor.full(TensorType.scalar(DType.F64), sigma));
    }

    /**
     * Returns σ in steps. It is not learned, and is to be kept from an optimizer that decays its
     * weights; {@code sigma().set(sigma().value().mul(0.95))} after each epoch makes it shrink.
     */
    public State sigma() {
      return sigma;
    }

    @Override
    Tensor of(Tensor d, Tensor k, int longest) {
      // The square of a smaller one would be 0; the nearest step has all of it long before.
      Tensor least = d.like(d.dtype() == DType.F64 ? 1e-150 : 1e-18);
      Tensor s = sigma.value().stopGradient().cast(d.dtype()).max(least);
      Tensor far = k.sub(d).square();
      Tensor beyond = far.sub(far.min(0).expandDims(0).stopGradient());
      return beyond.div(s.square()).mul(-0.5).softmax(0);
    }
  }

  /** Checks what a layer of learned delays is made of. */
  static void check(String who, int longest, Object kernel, Object traces) {
    Ranges.atLeastOne(who, "longest", longest);
    Given.given(who, "kernel", kernel);
    Given.given(who, "traces", traces);
  }
}
