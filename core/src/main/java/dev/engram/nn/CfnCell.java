package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * The chaos-free network (Laurent and von Brecht 2017):
 *
 * <pre>
 *   f, i = σ(Wf[x, h]), σ(Wi[x, h])
 *   h = f tanh(h) + i tanh(Wh x)
 * </pre>
 */
public final class CfnCell extends Cell {
  private final Linear Wf;
  private final Linear Wi;
  private final Linear Wh;
  private final State h = state("h");

  /** With standard {@link CellOptions}: f32, biases and initial states of zero. */
  public CfnCell(int in, int hidden, RandomKey key) {
    this(in, hidden, key, CellOptions.standard());
  }

  /** With standard {@link CellOptions} of this element type. */
  public CfnCell(int in, int hidden, RandomKey key, DType dtype) {
    this(in, hidden, key, CellOptions.standard().withType(dtype));
  }

  /**
   * A cell whose weights and states are made as {@code options} say.
   *
   * @param in length of the input's last axis
   * @param hidden length of the hidden states' last axis
   * @param key of the random weights
   */
  public CfnCell(int in, int hidden, RandomKey key, CellOptions options) {
    Given.given("CfnCell", "key", key);
    super(in, hidden, options);
    List<RandomKey> keys = key.split(3);
    Wf = gate(keys.get(0));
    Wi = gate(keys.get(1));
    Wh = ofInput(keys.get(2));
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("CfnCell.update", "x", x);
    Tensor old = old(h);
    Tensor xh = join(x, old);
    Tensor kept = Wf.update(xh).sigmoid().mul(activate(old));
    Tensor taken = Wi.update(xh).sigmoid().mul(activate(Wh.update(x)));
    return keep(h, kept.add(taken));
  }
}
