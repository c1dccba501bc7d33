package dev.engram.optim;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/** Rates of pieces, {@code rates[i]} at the start of piece i, which ends after {@code ends[i]}. */
final class Piecewise {
  private final double[] rates;
  private final int[] ends;

  Piecewise(String who, double[] rates, int[] ends) {
    Given.given(who, "rates", rates);
    Given.given(who, "ends", ends);
    for (double rate : rates) {
      Ranges.notNegative(who, "rates", rate);
    }
    Ranges.atLeastOne(who, "ends", ends);
    if (rates.length != ends.length + 1) {
      throw new TypeException(
          "%s: got %d rates for %d ends, expected one more than ends (%s)"
              .formatted(who, rates.length, ends.length, SourceLocation.here()));
    }
    for (int i = 1; i < ends.length; i++) {
      if (ends[i] <= ends[i - 1]) {
        throw new TypeException(
            "%s: ends=%s, expected each above the one before (%s)"
                .formatted(who, Arrays.toString(ends), SourceLocation.here()));
      }
    }
    this.rates = rates.clone();
    this.ends = ends.clone();
  }

  /** The rate of each piece, and the last afterwards. */
  Tensor steps(Tensor done) {
    Tensor out = done.like(rates[ends.length]);
    for (int i = ends.length - 1; i >= 0; i--) {
      out = done.lt(ends[i]).select(done.like(rates[i]), out);
    }
    return out;
  }

  /**
   * From each rate to the next, and the last afterwards.
   *
   * @param share of the way, from 0 to 1, for the share of the piece's updates that are made
   */
  Tensor between(Tensor done, UnaryOperator<Tensor> share) {
    Tensor out = done.like(rates[ends.length]);
    for (int i = ends.length - 1; i >= 0; i--) {
      int start = i == 0 ? 0 : ends[i - 1];
      Tensor part = done.sub(start).div(ends[i] - start).clip(0, 1);
      Tensor rate = share.apply(part).mul(rates[i + 1] - rates[i]).add(rates[i]);
      out = done.lt(ends[i]).select(rate, out);
    }
    return out;
  }
}
