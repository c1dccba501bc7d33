package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * A GRU without the reset gate, whose candidate only sees the input; unlike {@link MinGruCell}, its
 * gate sees the state too:
 *
 * <pre>
 *   z = σ(W_z[x, h])
 *   h = (1-z) h + z W_x x
 * </pre>
 */
public final class MiniGruCell extends Cell {
  private final Linear W_z;
  private final Linear W_x;
  private final State h = state("h");

  /** With standard {@link CellOptions}: f32, biases and initial states of zero. */
  public MiniGruCell(int in, int hidden, RandomKey key) {
    this(in, hidden, key, CellOptions.standard());
  }

  /** With standard {@link CellOptions} of this element type. */
  public MiniGruCell(int in, int hidden, RandomKey key, DType dtype) {
    this(in, hidden, key, CellOptions.standard().withType(dtype));
  }

  /**
   * A cell whose weights and states are made as {@code options} say.
   *
   * @param in length of the input's last axis
   * @param hidden length of the hidden states' last axis
   * @param key of the random weights
   */
  public MiniGruCell(int in, int hidden, RandomKey key, CellOptions options) {
    Given.given("MiniGruCell", "key", key);
    super(in, hidden, options);
    List<RandomKey> keys = key.split(2);
    W_z = gate(keys.get(0));
    W_x = ofInput(keys.get(1));
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("MiniGruCell.update", "x", x);
    Tensor old = old(h);
    Tensor z = W_z.update(join(x, old)).sigmoid();
    return keep(h, mix(z, W_x.update(x), old));
  }
}
