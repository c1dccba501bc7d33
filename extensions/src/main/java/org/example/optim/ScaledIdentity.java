package org.example.optim;

import dev.engram.RandomKey;
import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.nn.Initializer;

/** {@code factor} times the identity, for recurrent weights {@code [n, n]} (Le et al. 2015). */
public record ScaledIdentity(double factor) implements Initializer {
  @Override
  public Tensor make(RandomKey key, Shape shape, DType dtype) {
    if (shape.rank() != 2 || shape.dim(0) != shape.dim(1)) {
      throw new TypeException("ScaledIdentity: got " + shape + ", expected a square matrix");
    }
    return Tensor.eye(dtype, shape.dim(0)).mul(factor);
  }
}
