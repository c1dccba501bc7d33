package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * The gated recurrent unit (Cho et al. 2014):
 *
 * <pre>
 *   z = σ(Wz[x, h])
 *   r = σ(Wr[x, h])
 *   h = (1-z) h + z tanh(Wh[x, r h])
 * </pre>
 */
public final class GruCell extends Cell {
  private final Linear Wz;
  private final Linear Wr;
  private final Linear Wh;
  private final State h = state("h");

  /** With standard {@link CellOptions}: f32, biases and initial states of zero. */
  public GruCell(int in, int hidden, RandomKey key) {
    this(in, hidden, key, CellOptions.standard());
  }

  /** With standard {@link CellOptions} of this element type. */
  public GruCell(int in, int hidden, RandomKey key, DType dtype) {
    this(in, hidden, key, CellOptions.standard().withType(dtype));
  }

  /**
   * A cell whose weights and states are made as {@code options} say.
   *
   * @param in length of the input's last axis
   * @param hidden length of the hidden states' last axis
   * @param key of the random weights
   */
  public GruCell(int in, int hidden, RandomKey key, CellOptions options) {
    Given.given("GruCell", "key", key);
    super(in, hidden, options);
    List<RandomKey> keys = key.split(3);
    Wz = gate(keys.get(0));
    Wr = gate(keys.get(1));
    Wh = gate(keys.get(2));
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("GruCell.update", "x", x);
    Tensor old = old(h);
    Tensor xh = join(x, old);
    Tensor z = Wz.update(xh).sigmoid();
    Tensor r = Wr.update(xh).sigmoid();
    Tensor candidate = activate(Wh.update(join(x, r.mul(old))));
    Tensor next = z.neg().add(1).mul(old).add(z.mul(candidate));
    h.set(next);
    return next;
  }
}
