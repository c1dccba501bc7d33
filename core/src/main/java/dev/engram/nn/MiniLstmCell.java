package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * An LSTM with one state, whose candidate only sees the input; unlike {@link MinLstmCell}, its
 * gates see the state too:
 *
 * <pre>
 *   h = σ(W_f[x, h]) h + σ(W_i[x, h]) W_x x
 * </pre>
 */
public final class MiniLstmCell extends Cell {
  private final Linear W_f;
  private final Linear W_i;
  private final Linear W_x;
  private final State h = state("h");

  /** With standard {@link CellOptions}: f32, biases and initial states of zero. */
  public MiniLstmCell(int in, int hidden, RandomKey key) {
    this(in, hidden, key, CellOptions.standard());
  }

  /** With standard {@link CellOptions} of this element type. */
  public MiniLstmCell(int in, int hidden, RandomKey key, DType dtype) {
    this(in, hidden, key, CellOptions.standard().withType(dtype));
  }

  /**
   * A cell whose weights and states are made as {@code options} say.
   *
   * @param in length of the input's last axis
   * @param hidden length of the hidden states' last axis
   * @param key of the random weights
   */
  public MiniLstmCell(int in, int hidden, RandomKey key, CellOptions options) {
    Given.given("MiniLstmCell", "key", key);
    super(in, hidden, options);
    List<RandomKey> keys = key.split(3);
    W_f = gate(keys.get(0));
    W_i = gate(keys.get(1));
    W_x = ofInput(keys.get(2));
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("MiniLstmCell.update", "x", x);
    Tensor old = old(h);
    Tensor xh = join(x, old);
    Tensor kept = W_f.update(xh).sigmoid().mul(old);
    return keep(h, kept.add(W_i.update(xh).sigmoid().mul(W_x.update(x))));
  }
}
