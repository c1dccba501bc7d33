package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * The minimal gated unit (Zhou et al. 2016), a GRU whose single gate serves as both:
 *
 * <pre>
 *   f = σ(Wf[x, h])
 *   h = (1-f) h + f tanh(Wh[x, f h])
 * </pre>
 */
public final class MguCell extends Cell {
  private final Linear Wf;
  private final Linear Wh;
  private final State h = state("h");

  /** With standard {@link CellOptions}: f32, biases and initial states of zero. */
  public MguCell(int in, int hidden, RandomKey key) {
    this(in, hidden, key, CellOptions.standard());
  }

  /** With standard {@link CellOptions} of this element type. */
  public MguCell(int in, int hidden, RandomKey key, DType dtype) {
    this(in, hidden, key, CellOptions.standard().withType(dtype));
  }

  /**
   * A cell whose weights and states are made as {@code options} say.
   *
   * @param in length of the input's last axis
   * @param hidden length of the hidden states' last axis
   * @param key of the random weights
   */
  public MguCell(int in, int hidden, RandomKey key, CellOptions options) {
    Given.given("MguCell", "key", key);
    super(in, hidden, options);
    List<RandomKey> keys = key.split(2);
    Wf = gate(keys.get(0));
    Wh = gate(keys.get(1));
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("MguCell.update", "x", x);
    Tensor old = old(h);
    Tensor f = Wf.update(join(x, old)).sigmoid();
    Tensor candidate = activate(Wh.update(join(x, f.mul(old))));
    return keep(h, mix(f, candidate, old));
  }
}
