package dev.engram.examples;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.Initializer;

/** A custom cell: {@code h ← 0.9 h + tanh([x, h]·w)}. */
public final class LeakyCell extends Layer {
  private final State w;
  private final State h;

  public LeakyCell(int in, int hidden, RandomKey key) {
    w = parameter(Initializer.orthogonal().make(key, Shape.of(in + hidden, hidden), DType.F32));
    h = hidden(() -> HostTensor.full(TensorType.of(DType.F32, hidden), 0));
  }

  @Override
  public Tensor update(Tensor x) {
    Tensor y = Tensor.concat(0, x, h.value()).matmul(w.value());
    Tensor next = h.value().mul(0.9).add(y.tanh());
    h.set(next);
    return next;
  }
}
