package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997), with 1 added to the forget gate's bias:
 *
 * <pre>
 *   i, g, f, o = Wi[x, h], Wg[x, h], Wf[x, h], Wo[x, h]
 *   c = σ(f+1) c + σ(i) tanh(g)
 *   h = σ(o) tanh(c)
 * </pre>
 */
public final class LstmCell extends Cell {
  private final Linear Wi;
  private final Linear Wg;
  private final Linear Wf;
  private final Linear Wo;
  private final State h = state("h");
  private final State c = state("c");

  /** With standard {@link CellOptions}: f32, biases and initial states of zero. */
  public LstmCell(int in, int hidden, RandomKey key) {
    this(in, hidden, key, CellOptions.standard());
  }

  /** With standard {@link CellOptions} of this element type. */
  public LstmCell(int in, int hidden, RandomKey key, DType dtype) {
    this(in, hidden, key, CellOptions.standard().withType(dtype));
  }

  /**
   * A cell whose weights and states are made as {@code options} say.
   *
   * @param in length of the input's last axis
   * @param hidden length of the hidden states' last axis
   * @param key of the random weights
   */
  public LstmCell(int in, int hidden, RandomKey key, CellOptions options) {
    Given.given("LstmCell", "key", key);
    super(in, hidden, options);
    List<RandomKey> keys = key.split(4);
    Wi = gate(keys.get(0));
    Wg = gate(keys.get(1));
    Wf = gate(keys.get(2));
    Wo = gate(keys.get(3));
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("LstmCell.update", "x", x);
    Tensor xh = join(x, old(h));
    Tensor input = Wi.update(xh).sigmoid().mul(activate(Wg.update(xh)));
    Tensor memory = Wf.update(xh).add(1).sigmoid().mul(old(c)).add(input);
    Tensor next = Wo.update(xh).sigmoid().mul(activate(memory));
    c.set(memory);
    h.set(next);
    return next;
  }
}
