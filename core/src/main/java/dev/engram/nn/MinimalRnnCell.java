package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * The minimal RNN (Chen 2017) with an affine map of the input:
 *
 * <pre>
 *   z = φ x
 *   u = σ(W_u[z, h])
 *   h = u h + (1-u) z
 * </pre>
 */
public final class MinimalRnnCell extends Cell {
  private final Linear phi;
  private final Linear W_u;
  private final State h = state("h");

  /** With standard {@link CellOptions}: f32, biases and initial states of zero. */
  public MinimalRnnCell(int in, int hidden, RandomKey key) {
    this(in, hidden, key, CellOptions.standard());
  }

  /** With standard {@link CellOptions} of this element type. */
  public MinimalRnnCell(int in, int hidden, RandomKey key, DType dtype) {
    this(in, hidden, key, CellOptions.standard().withType(dtype));
  }

  /**
   * A cell whose weights and states are made as {@code options} say.
   *
   * @param in length of the input's last axis
   * @param hidden length of the hidden states' last axis
   * @param key of the random weights
   */
  public MinimalRnnCell(int in, int hidden, RandomKey key, CellOptions options) {
    Given.given("MinimalRnnCell", "key", key);
    super(in, hidden, options);
    List<RandomKey> keys = key.split(2);
    phi = ofInput(keys.get(0));
    W_u = gate(hidden, keys.get(1));
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("MinimalRnnCell.update", "x", x);
    Tensor old = old(h);
    checkInput(x, old);
    Tensor z = phi.update(x);
    Tensor u = W_u.update(Tensor.concat(-1, z, old)).sigmoid();
    return keep(h, mix(u, old, z));
  }
}
