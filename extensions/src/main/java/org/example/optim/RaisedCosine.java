package org.example.optim;

import dev.engram.ir.Tensor;
import dev.engram.spiking.Surrogate;

/**
 * The surrogate derivative {@code (1 + cos(π x / width)) / (2 width)} where {@code |x| < width}.
 */
public record RaisedCosine(double width) implements Surrogate {
  @Override
  public Tensor derivative(Tensor x) {
    Tensor inside = x.clip(-width, width); // 0 at the edges and beyond
    return inside.mul(Math.PI / width).cos().add(1).div(2 * width);
  }
}
