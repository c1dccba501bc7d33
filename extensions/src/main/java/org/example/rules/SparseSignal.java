package org.example.rules;

import dev.engram.etrace.LearningSignal;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;

/**
 * The loss's own derivative at the {@code k} elements of a state where it is greatest, else 0. Sun
 * et al., "meProp: sparsified back propagation for accelerated deep learning with reduced
 * overfitting" (2017), where it goes back through layers.
 */
public record SparseSignal(int k) implements LearningSignal.Custom {
  public SparseSignal {
    if (k < 1) {
      throw new TypeException("SparseSignal: k=" + k + ", expected at least 1");
    }
  }

  @Override
  public Tensor signal(LearningSignal.Sources s) {
    Tensor size = s.derivative().abs();
    int all = Math.toIntExact(size.type().size());
    Tensor greatest = size.reshape(all).topK(Math.min(k, all), 0).values();
    return size.ge(greatest.min(0)).select(s.derivative(), s.derivative().like(0));
  }
}
