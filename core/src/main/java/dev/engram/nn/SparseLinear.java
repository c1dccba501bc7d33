package dev.engram.nn;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Dot;
import dev.engram.state.StateSlot;
import java.util.List;
import java.util.Optional;

/**
 * A linear layer with sparse connections: {@code y_j = Σ_k sign x[source_jk] w_jk}. States: {@code
 * weight [out, degree]}, {@code sources i32[out, degree]}.
 *
 * <p>Weights meet data in one contraction, whose trace has the size of the weights, so the cost of
 * online learning is proportional to the number of connections. A learner that follows connections
 * from position to position, as SnAp-n does, takes those of the time when it is compiled; when
 * others are set or loaded later, its next step fails.
 */
public final class SparseLinear extends Layer {
  private final int in;
  private final Optional<Tensor> signs;
  private final State sources;
  private final State weight;
  private final Optional<State> bias;

  /** Weights of variance {@code 1/degree}. */
  public SparseLinear(Connectivity to, RandomKey key, DType dtype) {
    Given.given("SparseLinear", "to", to);
    this(
        to,
        key,
        dtype,
        Initializer.normal(1 / Math.sqrt(Math.max(1, to.degree()))),
        Optional.empty());
  }

  /**
   * @param weight makes {@code [out, degree]}
   * @param signs of the inputs, +1 or -1, which their weights keep; empty for weights of either
   *     sign
   */
  public SparseLinear(
      Connectivity to, RandomKey key, DType dtype, Initializer weight, Optional<double[]> signs) {
    this(to, key, dtype, weight, signs, Optional.empty());
  }

  /**
   * @param weight makes {@code [out, degree]}
   * @param signs of the inputs, +1 or -1, which their weights keep; empty for weights of either
   *     sign
   * @param bias empty for none
   */
  public SparseLinear(
      Connectivity to,
      RandomKey key,
      DType dtype,
      Initializer weight,
      Optional<double[]> signs,
      Optional<Initializer> bias) {
    Given.given("SparseLinear", "bias", bias);
    Given.given("SparseLinear", "to", to);
    Given.given("SparseLinear", "key", key);
    Given.given("SparseLinear", "dtype", dtype);
    Given.given("SparseLinear", "weight", weight);
    Given.given("SparseLinear", "signs", signs);
    if (signs.isPresent() && signs.get().length != to.in()) {
      throw new TypeException(
          "SparseLinear: "
              + signs.get().length
              + " signs for "
              + to.in()
              + " inputs ("
              + SourceLocation.here()
              + ")");
    }
    this.in = to.in();
    this.signs = signs.map(s -> HostTensor.of(s.clone(), to.in()).cast(dtype));
    this.sources = other(to.sources());
    StateSlot.of(sources).structural();
    this.weight = parameter(weight.make(key, Shape.of(to.out(), to.degree()), dtype));
    this.bias = bias.map(b -> parameter(b.make(key.split(2).get(1), Shape.of(to.out()), dtype)));
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [in]}; map over a batch with {@link dev.engram.Vmap}
   * @return {@code [out]}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("SparseLinear.update", "x", x);
    if (x.rank() != 1 || x.dim(0) != in) {
      throw new TypeException(
          "SparseLinear: the input has type "
              + x.type()
              + ", expected "
              + x.type().with(Shape.of(in))
              + " ("
              + SourceLocation.here()
              + "); map over a batch with Vmap");
    }
    // The source index `in` reads a zero appended at the end.
    Tensor signed = signs.map(x::mul).orElse(x);
    Tensor sent = signed.pad(List.of(0), List.of(1), 0).take(sources.value(), 0);
    Tensor w = signs.isPresent() ? weight.value().abs() : weight.value();
    Tensor y = sent.dot(w, new Dot(List.of(1), List.of(1), List.of(0), List.of(0)));
    return bias.map(b -> y.add(b.value())).orElse(y);
  }

  /** Returns the parameter, {@code [out, degree]}. */
  public State weight() {
    return weight;
  }
}
