package dev.engram.spiking;

import dev.engram.Model;
import dev.engram.State;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A constant of neurons, such as a time constant: one number, one for each neuron, or learned. A
 * constant that is used several times in a model is shared.
 */
public final class Constant extends Model {
  private final OptionalDouble number;
  private final Optional<Tensor> each;
  private final Optional<State> learned;

  private Constant(OptionalDouble number, Optional<Tensor> each, Optional<Tensor> start) {
    this.number = number;
    this.each = each;
    this.learned = start.map(this::parameter);
  }

  /** One finite number for all neurons. */
  public static Constant of(double value) {
    Ranges.finite("Constant.of", "value", value);
    return new Constant(OptionalDouble.of(value), Optional.empty(), Optional.empty());
  }

  /** One value for each neuron. */
  public static Constant each(double... values) {
    Given.given("Constant.each", "values", values);
    Ranges.atLeastOne("Constant.each", "number of values", values.length);
    for (double value : values) {
      Ranges.finite("Constant.each", "values", value);
    }
    Tensor t = HostTensor.of(values.clone(), values.length);
    return new Constant(OptionalDouble.empty(), Optional.of(t), Optional.empty());
  }

  /**
   * A parameter.
   *
   * @param start {@code [size]}, or {@code []} for one value shared by all neurons
   */
  public static Constant learned(Tensor start) {
    Given.given("Constant.learned", "start", start);
    return new Constant(OptionalDouble.empty(), Optional.empty(), Optional.of(start));
  }

  /** Checks that this is above 0 where it is not learned, as a time constant must be. */
  Constant positive(String who, String name) {
    number.ifPresent(x -> Ranges.positive(who, name, x));
    each.ifPresent(
        t -> {
          for (double x : t.host().toDoubles()) {
            Ranges.positive(who, name, x);
          }
        });
    return this;
  }

  /** Returns the value in the element type of {@code x}, of a shape that broadcasts to it. */
  public Tensor value(Tensor x) {
    Given.given("Constant.value", "x", x);
    return number.isPresent()
        ? x.like(number.getAsDouble())
        : learned.<Tensor>map(State::value).orElseGet(() -> each.orElseThrow()).cast(x.dtype());
  }

  /** Returns {@code 1 - dt value}: what an Euler step leaves where this is a rate. */
  Tensor left(Tensor x, double dt) {
    return number.isPresent() ? x.like(1 - dt * number.getAsDouble()) : value(x).mul(-dt).add(1);
  }

  /**
   * Returns {@code e^(-dt/value)} in the element type of {@code x}, of a shape that broadcasts to
   * it: what is left after a step where this is a time constant.
   *
   * @param dt length of a step, in the unit of the time constant
   */
  public Tensor decay(Tensor x, double dt) {
    Given.given("Constant.decay", "x", x);
    return number.isPresent()
        ? x.like(Math.exp(-dt / number.getAsDouble()))
        : value(x).reciprocal().mul(-dt).exp();
  }
}
