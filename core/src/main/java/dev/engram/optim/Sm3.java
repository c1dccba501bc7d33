package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * SM3 (Anil et al. 2019): {@link Adagrad} that keeps one sum for each position along each axis of a
 * weight, instead of one for each element:
 *
 * <pre>
 *   ν[i, j, …] = min(s₀[i], s₁[j], …) + g[i, j, …]²
 *   s₀[i] = max over j, … of ν[i, j, …], and so along the other axes
 *   m = μ m + (1-μ) g/√(ν + ε)
 *   w = w - rate · (m + decay · w)
 * </pre>
 *
 * <p>The paper has no ε; where ν is 0 the quotient is 0.
 */
public final class Sm3 extends Optimizer {
  private final double momentum;
  private final double epsilon;
  private final Map<String, List<State>> sums = new LinkedHashMap<>();
  private final Map<String, State> m = new LinkedHashMap<>();

  /** Momentum 0.9, ε = 1e-8. */
  public Sm3(double rate) {
    this(LearningRate.constant(rate), 0.9, 1e-8, 0);
  }

  /**
   * @param momentum from 0 to below 1; 0 for none
   * @param epsilon at least 1e-37, so that it is not 0 in f32
   * @param decay see {@link Optimizer}
   */
  public Sm3(LearningRate rate, double momentum, double epsilon, double decay) {
    super(rate, decay);
    this.momentum = Ranges.kept("Sm3", "momentum", momentum);
    this.epsilon = Ranges.epsilon("Sm3", epsilon);
  }

  /** The sums have the weight's rank, with length 1 along all axes but their own. */
  @Override
  protected void registered(String path, State weight) {
    Shape shape = weight.type().shape();
    List<State> mine = new ArrayList<>();
    for (int axis = 0; axis < Math.max(1, shape.rank()); axis++) {
      TensorType type = new TensorType(RoundOnce.wide(weight.type().dtype()), along(shape, axis));
      mine.add(other(HostTensor.full(type, 0)));
    }
    sums.put(path, mine);
    if (momentum != 0) {
      m.put(path, moment(weight));
    }
  }

  private static Shape along(Shape shape, int axis) {
    return Shape.of(
        IntStream.range(0, shape.rank()).map(i -> i == axis ? shape.dim(i) : 1).toArray());
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    List<State> mine = sums.get(path);
    Tensor least = mine.stream().map(State::value).reduce(Tensor::min).orElseThrow();
    Tensor all = g.square().add(least);
    for (int axis = 0; axis < mine.size(); axis++) {
      State sum = mine.get(axis);
      sum.set(most(all, axis).reshape(sum.type().shape()));
    }
    Tensor scaled = all.gt(0).select(g.div(all.add(epsilon).sqrt()), g.like(0));
    if (momentum == 0) {
      return scaled;
    }
    State mean = m.get(path);
    mean.set(mean.value().mul(momentum).add(scaled.mul(1 - momentum)));
    return mean.value();
  }

  /** The maximum over all axes but {@code axis}; 0 of a weight without elements. */
  private static Tensor most(Tensor x, int axis) {
    int[] others = IntStream.range(0, x.rank()).filter(i -> i != axis).toArray();
    if (others.length == 0) {
      return x;
    }
    return x.type().size() == 0 ? x.sum(others) : x.max(others);
  }
}
