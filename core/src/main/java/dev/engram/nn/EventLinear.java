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
import dev.engram.sparse.EventProduct;
import java.util.Optional;

/**
 * A linear layer with sparse connections whose step costs what the inputs that are not zero cost,
 * as for spikes: {@code y_j = Σ x_i w_ik} over all i, k with {@code target_ik = j}. States: {@code
 * weight [in, degree]} and {@code targets i32[in, degree]}, where degree is the largest number of
 * outputs of an input: where inputs have fewer, the rest is padding, which counts as weights;
 * {@link Connectivity#fixedOutDegree} has none.
 *
 * <p>It is the function of a {@link SparseLinear}, which reads all weights in each step and is
 * faster where most inputs are not zero. Gradients read all weights in both. Online rules keep a
 * trace for each weight, or, as {@code pp-prop}, one for each input and each output; they follow
 * the result as long as it is not sliced or reordered on its way to a hidden state. See {@link
 * EventProduct}.
 */
public final class EventLinear extends Layer {
  private final int in;
  private final int out;
  private final State targets;
  private final State weight;
  private final Optional<State> bias;

  /** Weights of variance {@code 1/degree}, the degree being that of the outputs. */
  public EventLinear(Connectivity to, RandomKey key, DType dtype) {
    Given.given("EventLinear", "to", to);
    this(to, key, dtype, Initializer.normal(1 / Math.sqrt(Math.max(1, to.degree()))));
  }

  /**
   * @param weight makes {@code [in, degree]}
   */
  public EventLinear(Connectivity to, RandomKey key, DType dtype, Initializer weight) {
    this(to, key, dtype, weight, Optional.empty());
  }

  /**
   * @param weight makes {@code [in, degree]}
   * @param bias makes {@code [out]}; empty for none
   */
  public EventLinear(
      Connectivity to, RandomKey key, DType dtype, Initializer weight, Optional<Initializer> bias) {
    Given.given("EventLinear", "to", to);
    Given.given("EventLinear", "key", key);
    Given.given("EventLinear", "dtype", dtype);
    Given.given("EventLinear", "weight", weight);
    Given.given("EventLinear", "bias", bias);
    in = to.in();
    out = to.out();
    targets = other(to.targets());
    Shape shape = targets.value().shape();
    this.weight = parameter(weight.make(key, shape, dtype));
    this.bias = bias.map(b -> parameter(b.make(key.split(2).get(1), Shape.of(out), dtype)));
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [in]}; map over a batch with {@link dev.engram.Vmap}
   * @return {@code [out]}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("EventLinear.update", "x", x);
    if (x.rank() != 1 || x.dim(0) != in) {
      throw new TypeException(
          "EventLinear: the input has type %s, expected %s (%s); map over a batch with Vmap"
              .formatted(x.type(), x.type().with(Shape.of(in)), SourceLocation.here()));
    }
    Tensor y = EventProduct.of(x, weight.value(), targets.value(), out);
    return bias.map(b -> y.add(b.value())).orElse(y);
  }

  /** Returns the state {@code weight [in, degree]}. */
  public State weight() {
    return weight;
  }

  /** Returns the state {@code targets}: the output of each weight. */
  public State targets() {
    return targets;
  }
}
