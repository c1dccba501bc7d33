package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * An LSTM with uniform gate initialization and a refine gate (Gu et al. 2020, "Improving the gating
 * mechanism of recurrent neural networks", UR-LSTM):
 *
 * <pre>
 *   f = σ(Wf[x, h] + b)
 *   r = σ(Wr[x, h] - b)
 *   g = 2 r f + (1 - 2r) f²
 *   c = g c + (1-g) tanh(Wu[x, h])
 *   h = σ(Wo[x, h]) tanh(c)
 * </pre>
 *
 * Initially {@code σ(b)} is uniform on {@code [1/hidden, 1 - 1/hidden]}.
 */
public final class UrLstmCell extends Cell {
  private final Linear Wu;
  private final Linear Wf;
  private final Linear Wr;
  private final Linear Wo;
  private final State bias;
  private final State h = state("h");
  private final State c = state("c");

  /** With standard {@link CellOptions}: f32, biases and initial states of zero. */
  public UrLstmCell(int in, int hidden, RandomKey key) {
    this(in, hidden, key, CellOptions.standard());
  }

  /** With standard {@link CellOptions} of this element type. */
  public UrLstmCell(int in, int hidden, RandomKey key, DType dtype) {
    this(in, hidden, key, CellOptions.standard().withType(dtype));
  }

  /**
   * A cell whose weights and states are made as {@code options} say.
   *
   * @param in length of the input's last axis
   * @param hidden length of the hidden states' last axis
   * @param key of the random weights
   */
  public UrLstmCell(int in, int hidden, RandomKey key, CellOptions options) {
    Given.given("UrLstmCell", "key", key);
    super(in, hidden, options);
    List<RandomKey> keys = key.split(5);
    Wu = gate(keys.get(0));
    Wf = gate(keys.get(1));
    Wr = gate(keys.get(2));
    Wo = gate(keys.get(3));
    bias = parameter(uniformGate(hidden, keys.get(4), options.dtype()));
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("UrLstmCell.update", "x", x);
    Tensor xh = join(x, old(h));
    Tensor f = Wf.update(xh).add(bias.value()).sigmoid();
    Tensor r = Wr.update(xh).sub(bias.value()).sigmoid();
    // 2 r f + (1 - 2r) f² = f² + 2 r f (1-f)
    Tensor g = f.square().add(r.mul(f).mul(f.neg().add(1)).mul(2));
    Tensor memory = mix(g, old(c), activate(Wu.update(xh)));
    c.set(memory);
    return keep(h, Wo.update(xh).sigmoid().mul(activate(memory)));
  }

  // σ⁻¹(u) = log u - log(1-u)
  private static Tensor uniformGate(int hidden, RandomKey key, DType dtype) {
    double edge = 1.0 / Math.max(2, hidden);
    Tensor u = RandomTensors.uniform(key, Shape.of(hidden), dtype, edge, 1 - edge);
    return u.log().sub(u.neg().log1p());
  }
}
