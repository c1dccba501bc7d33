package dev.engram.loss;

import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Regularizers: scalars to add to a loss, each times a factor of your choice. In an online loss,
 * which is taken at each step, those of weights are counted at each step.
 *
 * <p>Sums of 16-bit values are computed in f32. {@link
 * dev.engram.optim.GradientTransforms#withDecay} adds the gradient of {@link #l2} without the loss.
 */
public final class Penalties {
  private Penalties() {}

  /** {@code Σ |w|} over all elements (Tibshirani 1996); the derivative at 0 is 0. */
  public static Tensor l1(States weights) {
    return sum("l1", weights, w -> w.abs().sum());
  }

  /** {@code Σ w² / 2} over all elements, whose gradient is w. */
  public static Tensor l2(States weights) {
    return sum("l2", weights, w -> w.square().sum().mul(0.5));
  }

  /**
   * {@code Σ_c √(Σ_r w_rc²)}: over the columns of each weight, those of its last axis, which become
   * zero as a whole (Yuan and Lin 2006). The derivative of a column of zeros is 0.
   */
  public static Tensor groupLasso(States weights) {
    return sum(
        "groupLasso",
        weights,
        w -> {
          int columns = w.rank() == 0 ? 1 : w.dim(-1);
          int rows = columns == 0 ? 0 : Math.toIntExact(w.type().size() / columns);
          Tensor squares = w.reshape(rows, columns).square().sum(0);
          Tensor some = squares.gt(0);
          return some.select(some.select(squares, squares.like(1)).sqrt(), squares.like(0)).sum();
        });
  }

  private static Tensor sum(String name, States weights, UnaryOperator<Tensor> of) {
    Given.given("Penalties." + name, "weights", weights);
    if (weights.size() == 0) {
      throw new EngramException(
          "Penalties.%s: there is no weight, expected at least one (%s); choose them with model.states().filter(…)"
              .formatted(name, SourceLocation.here()));
    }
    weights
        .byPath()
        .forEach(
            (path, s) -> {
              if (s.kind() != State.Kind.PARAMETER) {
                throw new EngramException(
                    "Penalties.%s: %s is of kind %s, expected parameters (%s); choose them with model.states().subset(State.Kind.PARAMETER)"
                        .formatted(name, path, s.kind(), SourceLocation.here()));
              }
            });
    return weights.values().stream()
        .map(State::value)
        .map(RoundOnce::wide)
        .map(of)
        .reduce(Tensor::add)
        .orElseThrow();
  }

  /**
   * {@code Σ (WᵀW - I)²}, which is 0 where the columns of W are orthonormal (Brock et al. 2017); of
   * WWᵀ where there are fewer rows than columns.
   *
   * @param weight {@code [rows, columns]}
   */
  public static Tensor orthogonality(Tensor weight) {
    Given.given("Penalties.orthogonality", "weight", weight);
    if (weight.rank() != 2) {
      throw new TypeException(
          "Penalties.orthogonality: the weight has type %s, expected a matrix (%s)"
              .formatted(weight.type(), SourceLocation.here()));
    }
    Tensor w = RoundOnce.wide(weight);
    boolean tall = w.dim(0) >= w.dim(1);
    Tensor gram = tall ? w.transpose().matmul(w) : w.matmul(w.transpose());
    return gram.sub(identity(gram.type())).square().sum();
  }

  private static Tensor identity(TensorType type) {
    HostTensor one = HostTensor.allocate(type);
    int n = type.shape().dim(0);
    for (long i = 0; i < n; i++) {
      one.setDouble(i * n + i, 1);
    }
    return one;
  }

  /**
   * How far rates of spikes are outside of a band: the mean of {@code max(low - r, 0)² + max(r -
   * high, 0)²}. It revives silent neurons, if their surrogate derivative reaches that far, and
   * calms those that always fire.
   *
   * <p>It is one number for the whole batch: a mask of examples does not leave any of them out;
   * {@link #rateBandOfEach} has one for each example.
   *
   * @param rates spikes per step and neuron, of any shape, such as the mean of {@code spikes [T, B,
   *     n]} over axis 0, or a running mean online
   * @param low from 0 to high
   */
  public static Tensor rateBand(Tensor rates, double low, double high) {
    return outside("Penalties.rateBand", rates, low, high).mean();
  }

  /**
   * {@link #rateBand} for each example, to be added to losses {@code [B]}, of which a mask may
   * leave some out.
   *
   * @param rates {@code [B, …]}, spikes per step and neuron of each example
   * @param low from 0 to high
   * @return {@code [B]}: means over all axes but the first
   */
  public static Tensor rateBandOfEach(Tensor rates, double low, double high) {
    Tensor each = outside("Penalties.rateBandOfEach", rates, low, high);
    if (each.rank() == 0) {
      throw new TypeException(
          "Penalties.rateBandOfEach: the rates have type %s, expected [B, …] (%s); rateBand takes any shape"
              .formatted(rates.type(), SourceLocation.here()));
    }
    int[] within = IntStream.range(1, each.rank()).toArray();
    return within.length == 0 ? each : each.mean(within);
  }

  /** {@code max(low - r, 0)² + max(r - high, 0)²} */
  private static Tensor outside(String at, Tensor rates, double low, double high) {
    Given.given(at, "rates", rates);
    Ranges.notNegative(at, "low", low);
    Ranges.in(at, "high", high, "a number of at least low=" + low, x -> x >= low);
    Tensor r = RoundOnce.wide(rates);
    Tensor below = r.neg().add(low).relu().square();
    return below.add(r.sub(high).relu().square());
  }
}
