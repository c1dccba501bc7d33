package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * The minGRU (Feng et al. 2024, "Were RNNs all we needed?"): gate and candidate do not depend on
 * the state, so the recurrence is diagonal, and D-RTRL is exact where no layer above has memory.
 *
 * <pre>
 *   z = σ(Wz x)
 *   h = (1-z) h + z Wh x
 * </pre>
 */
public final class MinGruCell extends Cell {
  private final Linear Wz;
  private final Linear Wh;
  private final State h = state("h");

  /** With standard {@link CellOptions}: f32, biases and initial states of zero. */
  public MinGruCell(int in, int hidden, RandomKey key) {
    this(in, hidden, key, CellOptions.standard());
  }

  /** With standard {@link CellOptions} of this element type. */
  public MinGruCell(int in, int hidden, RandomKey key, DType dtype) {
    this(in, hidden, key, CellOptions.standard().withType(dtype));
  }

  /**
   * A cell whose weights and states are made as {@code options} say.
   *
   * @param in length of the input's last axis
   * @param hidden length of the hidden states' last axis
   * @param key of the random weights
   */
  public MinGruCell(int in, int hidden, RandomKey key, CellOptions options) {
    Given.given("MinGruCell", "key", key);
    super(in, hidden, options);
    List<RandomKey> keys = key.split(2);
    Wz = ofInput(keys.get(0));
    Wh = ofInput(keys.get(1));
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("MinGruCell.update", "x", x);
    Tensor old = old(h);
    checkInput(x, old);
    return keep(h, mix(Wz.update(x).sigmoid(), Wh.update(x), old));
  }
}
