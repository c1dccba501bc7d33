package org.example.models;

import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.nn.Cell;
import dev.engram.nn.Initializer;
import dev.engram.nn.Linear;

/**
 * The antisymmetric recurrent network (Chang et al. 2019): {@code h ← h + step · tanh((W - Wᵀ -
 * damping I) h + V x + b)}, which is stable for long times.
 */
public final class AntisymmetricCell extends Cell {
  private final State W;
  private final Linear V;
  private final State h = state("h");
  private final double step;
  private final double damping;

  public AntisymmetricCell(
      int in, int hidden, double step, double damping, RandomKey key, DType dtype) {
    super(in, hidden, dtype);
    this.step = step;
    this.damping = damping;
    W = parameter(Initializer.lecunNormal().make(key, Shape.of(hidden, hidden), dtype));
    V = ofInput(key.split(2).get(1));
  }

  @Override
  public Tensor update(Tensor x) {
    Tensor old = old(h);
    checkInput(x, old);
    Tensor mixed = old.matmul(W.value().sub(W.value().transpose())).sub(old.mul(damping));
    return keep(h, old.add(mixed.add(V.update(x)).tanh().mul(step)));
  }
}
