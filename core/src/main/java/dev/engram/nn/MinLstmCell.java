package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * The minLSTM (Feng et al. 2024, "Were RNNs all we needed?") with gates that sum to one. The
 * recurrence is diagonal, and D-RTRL is exact where no layer above has memory.
 *
 * <pre>
 *   f, i = σ(Wf x), σ(Wi x)
 *   h = f/(f+i) h + i/(f+i) Wh x
 * </pre>
 */
public final class MinLstmCell extends Cell {
  private final Linear Wf;
  private final Linear Wi;
  private final Linear Wh;
  private final State h = state("h");

  /** With standard {@link CellOptions}: f32, biases and initial states of zero. */
  public MinLstmCell(int in, int hidden, RandomKey key) {
    this(in, hidden, key, CellOptions.standard());
  }

  /** With standard {@link CellOptions} of this element type. */
  public MinLstmCell(int in, int hidden, RandomKey key, DType dtype) {
    this(in, hidden, key, CellOptions.standard().withType(dtype));
  }

  /**
   * A cell whose weights and states are made as {@code options} say.
   *
   * @param in length of the input's last axis
   * @param hidden length of the hidden states' last axis
   * @param key of the random weights
   */
  public MinLstmCell(int in, int hidden, RandomKey key, CellOptions options) {
    Given.given("MinLstmCell", "key", key);
    super(in, hidden, options);
    List<RandomKey> keys = key.split(3);
    Wf = ofInput(keys.get(0));
    Wi = ofInput(keys.get(1));
    Wh = ofInput(keys.get(2));
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("MinLstmCell.update", "x", x);
    Tensor old = old(h);
    checkInput(x, old);
    // f/(f+i) = σ(log f - log i), also where both gates underflow
    Tensor forget = Wi.update(x).neg().softplus().sub(Wf.update(x).neg().softplus()).sigmoid();
    return keep(h, mix(forget, old, Wh.update(x)));
  }
}
