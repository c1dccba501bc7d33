package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;

/** {@code h = tanh(W[x, h])}. States: {@code W}, {@code h}. */
public final class RnnCell extends Cell {
  private final Linear W;
  private final State h = state("h");

  /** With standard {@link CellOptions}: f32, biases and initial states of zero. */
  public RnnCell(int in, int hidden, RandomKey key) {
    this(in, hidden, key, CellOptions.standard());
  }

  /** With standard {@link CellOptions} of this element type. */
  public RnnCell(int in, int hidden, RandomKey key, DType dtype) {
    this(in, hidden, key, CellOptions.standard().withType(dtype));
  }

  /**
   * A cell whose weights and states are made as {@code options} say.
   *
   * @param in length of the input's last axis
   * @param hidden length of the hidden states' last axis
   * @param key of the random weights
   */
  public RnnCell(int in, int hidden, RandomKey key, CellOptions options) {
    super(in, hidden, options);
    W = gate(key);
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("RnnCell.update", "x", x);
    Tensor next = activate(W.update(join(x, old(h))));
    h.set(next);
    return next;
  }
}
