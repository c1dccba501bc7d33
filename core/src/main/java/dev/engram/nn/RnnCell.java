package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/** {@code h = tanh(W[x, h])}. States: {@code W}, {@code h}. */
public final class RnnCell extends Cell {
  private final Linear W;
  private final State h = zeroState();

  public RnnCell(int in, int hidden, RandomKey key) {
    this(in, hidden, key, DType.F32);
  }

  public RnnCell(int in, int hidden, RandomKey key, DType dtype) {
    super(in, hidden, dtype);
    W = gate(key);
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("RnnCell.update", "x", x);
    Tensor next = W.update(join(x, h.value())).tanh();
    h.set(next);
    return next;
  }
}
