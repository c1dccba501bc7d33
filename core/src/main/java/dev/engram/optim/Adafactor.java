package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Adafactor (Shazeer and Stern 2018): {@link RmsProp} that keeps the means of a matrix's rows and
 * columns instead of one number for each element:
 *
 * <pre>
 *   b = 1 - t^-power
 *   row = b row + (1-b) mean over the columns of (g² + ε)
 *   column = b column + (1-b) mean over the rows of (g² + ε)
 *   v = row · column / mean(row)
 *   u = g/√v
 *   m = μ m + (1-μ) u / max(1, rms(u)/clip) · max(1e-3, rms(w))
 *   w = w - rate · (m + decay · w)
 * </pre>
 *
 * <p>Rows and columns are along the two longest axes. Where the shorter of these is less than
 * {@code least}, as for vectors, {@code v = b v + (1-b) (g² + ε)} is kept for each element. rms is
 * the root of the mean of the squares of a tensor's elements. In the paper the rate is {@code
 * min(10⁻², 1/√t)}. Optax has the rate within the momentum, which is the same while the rate is
 * constant, and does not multiply the decay by it.
 */
public final class Adafactor extends Optimizer {
  private static final double SCALE = 1e-3;

  private final int least;
  private final double power;
  private final double clip;
  private final double momentum;
  private final double epsilon;
  private final Map<String, State> row = new LinkedHashMap<>();
  private final Map<String, State> column = new LinkedHashMap<>();
  private final Map<String, State> v = new LinkedHashMap<>();
  private final Map<String, State> m = new LinkedHashMap<>();

  /** least = 128, power = 0.8, clip = 1, no momentum, ε = 1e-30. */
  public Adafactor(double rate) {
    this(LearningRate.constant(rate));
  }

  /** least = 128, power = 0.8, clip = 1, no momentum, ε = 1e-30. */
  public Adafactor(LearningRate rate) {
    this(rate, 128, 0.8, 1, 0, 1e-30, 0);
  }

  /**
   * @param least length of the second longest axis from which on rows and columns are kept
   * @param power how fast the past counts more, above 0
   * @param clip greatest rms of a step, above 0
   * @param momentum from 0 to below 1; 0 for none
   * @param epsilon at least 1e-37, so that it is not 0 in f32
   * @param decay see {@link Optimizer}
   */
  public Adafactor(
      LearningRate rate,
      int least,
      double power,
      double clip,
      double momentum,
      double epsilon,
      double decay) {
    super(Given.given("Adafactor", "rate", rate), decay);
    this.least = Ranges.atLeastOne("Adafactor", "least", least);
    this.power = Ranges.positive("Adafactor", "power", power);
    this.clip = Ranges.positive("Adafactor", "clip", clip);
    this.momentum = Ranges.kept("Adafactor", "momentum", momentum);
    this.epsilon = Ranges.epsilon("Adafactor", epsilon);
  }

  /** The second longest axis and the longest one. */
  private record Longest(int second, int first) {}

  private Optional<Longest> factored(Shape shape) {
    List<Integer> axes =
        IntStream.range(0, shape.rank())
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> shape.dim(i)))
            .toList();
    int n = axes.size();
    return n < 2 || shape.dim(axes.get(n - 2)) < least
        ? Optional.empty()
        : Optional.of(new Longest(axes.get(n - 2), axes.get(n - 1)));
  }

  @Override
  protected void registered(String path, State weight) {
    Shape shape = weight.type().shape();
    DType wide = RoundOnce.wide(weight.type().dtype());
    factored(shape)
        .ifPresentOrElse(
            axes -> {
              row.put(path, zeros(wide, shape.with(axes.first, 1)));
              column.put(path, zeros(wide, shape.with(axes.second, 1)));
            },
            () -> v.put(path, moment(weight)));
    if (momentum != 0) {
      m.put(path, moment(weight));
    }
  }

  private State zeros(DType dtype, Shape shape) {
    return other(HostTensor.full(new TensorType(dtype, shape), 0));
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    Tensor u = scaled(path, g);
    Tensor clipped = u.div(rms(u).div(clip).clipMin(1));
    Tensor step = clipped.mul(rms(w).clipMin(SCALE));
    if (momentum == 0) {
      return step;
    }
    State mean = m.get(path);
    mean.set(mean.value().mul(momentum).add(step.mul(1 - momentum)));
    return mean.value();
  }

  /** {@code g/√v} */
  private Tensor scaled(String path, Tensor g) {
    Tensor square = g.square().add(epsilon);
    Tensor share = updates(g).pow(-power); // 1 - b
    Optional<Longest> axes = factored(g.shape());
    if (axes.isEmpty()) {
      return g.mul(averaged(v.get(path), square, share).rsqrt());
    }
    int first = axes.get().first;
    int second = axes.get().second;
    Tensor rows = averaged(row.get(path), kept(square, first), share);
    Tensor columns = averaged(column.get(path), kept(square, second), share);
    // roots one by one: their product neither overflows nor vanishes
    return g.mul(rows.div(kept(rows, second)).rsqrt()).mul(columns.rsqrt());
  }

  private static Tensor averaged(State mean, Tensor x, Tensor share) {
    mean.set(mean.value().mul(share.neg().add(1)).add(x.mul(share)));
    return mean.value();
  }

  /** The mean along {@code axis}, which is kept with length 1. */
  private static Tensor kept(Tensor x, int axis) {
    return x.mean(axis).expandDims(axis);
  }

  private static Tensor rms(Tensor x) {
    return x.square().mean().sqrt();
  }
}
