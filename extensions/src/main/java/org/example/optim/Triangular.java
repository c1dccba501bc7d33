package org.example.optim;

import dev.engram.ir.Tensor;
import dev.engram.optim.LearningRate;

/**
 * A rate that goes from {@code low} to {@code high} in {@code half} updates, back in as many, and
 * so on (Smith 2017).
 */
public record Triangular(double low, double high, int half) implements LearningRate {
  @Override
  public Tensor at(Tensor done) {
    Tensor place = done.rem(2.0 * half).div(half).sub(1); // from -1 to 1
    return place.abs().neg().add(1).mul(high - low).add(low);
  }
}
