package dev.engram.nn;

import dev.engram.Engram;
import dev.engram.Layer;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.RoundOnce;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Batch normalization (Ioffe and Szegedy 2015): {@code y = scale (x - mean) / √(variance + ε) +
 * bias} for each feature, on the last axis.
 *
 * <p>In training, mean and variance are those of all {@code n} elements of the feature in the
 * batch, derivatives pass through both, and the running ones follow: {@code running ← momentum
 * running + (1 - momentum) batch}, with the variance times {@code n/(n - 1)} where {@code n > 1}.
 * In evaluation they are the running ones.
 *
 * <p>States: {@code scale [size]}, {@code bias [size]} if affine; {@code runningMean [size]},
 * initially 0, and {@code runningVariance [size]}, initially 1, of kind {@code OTHER}, in f32 for
 * 16-bit types.
 *
 * <p>The batch is all axes of the operand but the last. A function that a {@link dev.engram.Vmap}
 * or {@link Engram#vmap(dev.engram.Fn1)} maps sees one example and no batch; name the mapped axis
 * there and here, and the batch includes all examples; without names it is an error, in evaluation
 * too, as the running statistics have one value for all:
 *
 * <pre>{@code
 * new Vmap<>(new Sequential(layer, new BatchNorm(8, mode, "batch")), "batch")
 * }</pre>
 */
public final class BatchNorm extends Layer {
  private final int size;
  private final double epsilon;
  private final double momentum;
  private final Mode mode;
  private final String axis;
  private final Optional<State> scale;
  private final Optional<State> bias;
  private final State runningMean;
  private final State runningVariance;

  /** ε = 1e-5, momentum 0.9, affine, f32; the batch is in the operand. */
  public BatchNorm(int size, Mode mode) {
    this(size, mode, "");
  }

  /** The same, where the batch includes all examples along the mapped axis named {@code axis}. */
  public BatchNorm(int size, Mode mode, String axis) {
    this(size, mode, DType.F32, 1e-5, 0.9, true, axis);
  }

  /**
   * @param mode when to use the statistics of the batch
   * @param momentum the share of the running statistics that a step keeps, from 0 to below 1
   * @param affine whether there are a scale and a bias
   * @param axis the name of the mapped axis of the examples; empty for none
   */
  public BatchNorm(
      int size,
      Mode mode,
      DType dtype,
      double epsilon,
      double momentum,
      boolean affine,
      String axis) {
    Given.given("BatchNorm", "mode", mode);
    Given.given("BatchNorm", "dtype", dtype);
    Given.given("BatchNorm", "axis", axis);
    Ranges.atLeastOne("BatchNorm", "size", size);
    Ranges.notNegative("BatchNorm", "epsilon", epsilon);
    Ranges.kept("BatchNorm", "momentum", momentum);
    TensorType type = TensorType.of(dtype, size);
    TensorType wide = TensorType.of(RoundOnce.wide(dtype), size);
    this.size = size;
    this.epsilon = epsilon;
    this.momentum = momentum;
    this.mode = mode;
    this.axis = axis;
    this.scale = affine ? Optional.of(parameter(HostTensor.full(type, 1))) : Optional.empty();
    this.bias = affine ? Optional.of(parameter(HostTensor.full(type, 0))) : Optional.empty();
    this.runningMean = other(HostTensor.full(wide, 0));
    this.runningVariance = other(HostTensor.full(wide, 1));
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [batch..., size]} with at least one axis of a batch, or, with a named axis,
   *     {@code [..., size]}
   * @throws TypeException where there is no batch
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("BatchNorm.update", "x", x);
    check(x);
    List<Tensor> in = new ArrayList<>(List.of(x));
    scale.ifPresent(s -> in.add(s.value()));
    bias.ifPresent(b -> in.add(b.value()));
    return RoundOnce.of(in, wide -> wide(wide.getFirst(), wide.subList(1, wide.size())));
  }

  private Tensor wide(Tensor x, List<Tensor> affine) {
    if (runningMean.type().dtype() != x.dtype()) {
      throw new TypeException(
          "BatchNorm.update: x is computed in %s, expected the type of the states, %s (%s)"
              .formatted(x.dtype(), runningMean.type().dtype(), SourceLocation.here()));
    }
    Tensor mean = overAll(x);
    Tensor variance = overAll(x.sub(mean).square());
    Tensor training = mode.training();
    Tensor oldMean = runningMean.value();
    Tensor oldVariance = runningVariance.value();
    Tensor factor = unbiased(x);
    runningMean.set(training.select(follow(oldMean, mean), oldMean));
    runningVariance.set(training.select(follow(oldVariance, variance.mul(factor)), oldVariance));

    Tensor centred = x.sub(training.select(mean, oldMean));
    Tensor inverse = training.select(variance, oldVariance).add(epsilon).rsqrt();
    return affine.isEmpty()
        ? centred.mul(inverse)
        : centred.mul(inverse.mul(affine.get(0))).add(affine.get(1));
  }

  /** The mean for each feature. */
  private Tensor overAll(Tensor x) {
    int batch = x.rank() - 1;
    Tensor mean = batch == 0 ? x : x.mean(IntStream.range(0, batch).toArray());
    return axis.isEmpty() ? mean : Engram.pmean(mean, axis);
  }

  /** {@code n/(n - 1)}, 1 for n = 1. */
  private Tensor unbiased(Tensor x) {
    long each = x.shape().size() / size;
    Tensor one = HostTensor.full(TensorType.of(x.dtype()), each);
    Tensor n = axis.isEmpty() ? one : Engram.psum(one, axis);
    return n.div(n.sub(1).max(n.like(1)));
  }

  private Tensor follow(Tensor running, Tensor batch) {
    return running.mul(momentum).add(batch.stopGradient().mul(1 - momentum));
  }

  private void check(Tensor x) {
    if (x.rank() == 0 || x.dim(-1) != size || x.shape().size() == 0) {
      throw new TypeException(
          "BatchNorm.update: x has type %s, expected [batch..., %d] of at least one element (%s)"
              .formatted(x.type(), size, SourceLocation.here()));
    }
    if (x.rank() == 1 && axis.isEmpty()) {
      throw new TypeException(
          "BatchNorm.update: x has type %s, one example, expected a batch [batch..., %d] (%s); inside a vmap name the mapped axis: new Vmap<>(network, \"batch\") and new BatchNorm(size, mode, \"batch\")"
              .formatted(x.type(), size, SourceLocation.here()));
    }
  }
}
