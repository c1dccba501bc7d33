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
import dev.engram.ir.op.Dot;
import java.util.List;
import java.util.Optional;

/**
 * A linear layer with groups that do not mix: group g of the inputs, neighbours on the last axis,
 * feeds group g of the outputs. States: {@code weight [groups, in/groups, out/groups]}, {@code bias
 * [out]}.
 */
public final class GroupedLinear extends Layer {
  private final int groups;
  private final int in;
  private final State weight;
  private final int out;
  private final Optional<State> bias;

  /** Weights of variance {@code groups/in}, bias zero. */
  public GroupedLinear(int groups, int in, int out, RandomKey key, DType dtype) {
    this(
        groups,
        in,
        out,
        key,
        dtype,
        Initializer.normal(Math.sqrt((double) Math.max(1, groups) / Math.max(1, in))),
        Optional.of(Initializer.zeros()));
  }

  /**
   * @param weight makes {@code [groups, in/groups, out/groups]}
   * @param bias empty for none
   */
  public GroupedLinear(
      int groups,
      int in,
      int out,
      RandomKey key,
      DType dtype,
      Initializer weight,
      Optional<Initializer> bias) {
    Given.given("GroupedLinear", "weight", weight);
    Given.given("GroupedLinear", "bias", bias);
    Ranges.atLeastOne("GroupedLinear", "in", in);
    Ranges.atLeastOne("GroupedLinear", "out", out);
    Given.given("GroupedLinear", "key", key);
    Given.given("GroupedLinear", "dtype", dtype);
    if (groups < 1 || in % groups != 0 || out % groups != 0) {
      throw new TypeException(
          "GroupedLinear: in="
              + in
              + ", out="
              + out
              + ", expected multiples of groups="
              + groups
              + " ("
              + SourceLocation.here()
              + ")");
    }
    this.groups = groups;
    this.in = in;
    Shape shape = Shape.of(groups, in / groups, out / groups);
    this.out = out;
    this.weight = parameter(weight.make(key, shape, dtype));
    this.bias = bias.map(b -> parameter(b.make(key, Shape.of(out), dtype)));
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [in]}; map over a batch with {@link dev.engram.Vmap}
   * @return {@code [out]}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("GroupedLinear.update", "x", x);
    Dot each = new Dot(List.of(1), List.of(1), List.of(0), List.of(0));
    Tensor y = x.reshape(groups, in / groups).dot(weight.value(), each);
    Tensor flat = y.reshape(out);
    return bias.map(b -> flat.add(b.value())).orElse(flat);
  }
}
