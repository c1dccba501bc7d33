package dev.engram.nn;

import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.OptionalDouble;

/**
 * Where inputs and outputs are.
 *
 * @param inputs floats {@code [in, d]}
 * @param outputs floats {@code [out, d]}
 * @param side of a torus, whose positions are from 0 to less than it on every axis; empty for a
 *     space without it
 * @param includeSelf false if output i is not connected to input i
 */
public record Places(
    HostTensor inputs, HostTensor outputs, OptionalDouble side, boolean includeSelf) {
  public Places {
    Given.given("Places", "inputs", inputs);
    Given.given("Places", "outputs", outputs);
    Given.given("Places", "side", side);
    boolean fits =
        inputs.rank() == 2
            && outputs.rank() == 2
            && inputs.dtype().isFloat()
            && outputs.dtype().isFloat()
            && inputs.dim(0) > 0
            && outputs.dim(0) > 0
            && inputs.dim(1) > 0
            && inputs.dim(1) == outputs.dim(1)
            && (includeSelf || inputs.dim(0) == outputs.dim(0));
    if (!fits) {
      throw new TypeException(
          "Places: inputs %s, outputs %s, expected floats [in, d] and [out, d] with at least one of each%s (%s)"
              .formatted(
                  inputs.type(),
                  outputs.type(),
                  includeSelf ? "" : ", as many outputs as inputs",
                  SourceLocation.here()));
    }
    side.ifPresent(s -> Ranges.positive("Places", "side", s));
    checked("inputs", inputs, side);
    checked("outputs", outputs, side);
  }

  private static void checked(String name, HostTensor x, OptionalDouble side) {
    double[] all = x.toDoubles();
    for (int i = 0; i < all.length; i++) {
      boolean inside = side.isEmpty() || (all[i] >= 0 && all[i] < side.getAsDouble());
      if (!Double.isFinite(all[i]) || !inside) {
        throw new TypeException(
            "Places: %s[%d, %d] = %s, expected %s (%s)"
                .formatted(
                    name,
                    i / x.dim(1),
                    i % x.dim(1),
                    all[i],
                    side.isPresent()
                        ? "0 to less than the side " + side.getAsDouble()
                        : "a finite number",
                    SourceLocation.here()));
      }
    }
  }

  /** Of two populations. */
  public static Places of(HostTensor inputs, HostTensor outputs) {
    return new Places(inputs, outputs, OptionalDouble.empty(), true);
  }

  /** Of one population, none connected to itself. */
  public static Places of(HostTensor positions) {
    return new Places(positions, positions, OptionalDouble.empty(), false);
  }

  /** On a torus: what leaves at one side comes in at the opposite one. */
  public Places torus(double side) {
    return new Places(inputs, outputs, OptionalDouble.of(side), includeSelf);
  }

  /** With connections from i to i or without. */
  public Places self(boolean included) {
    return new Places(inputs, outputs, side, included);
  }
}
