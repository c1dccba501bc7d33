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
  private final State h = zeroState();
  private final State c = zeroState();

  public LstmCell(int in, int hidden, RandomKey key) {
    this(in, hidden, key, DType.F32);
  }

  public LstmCell(int in, int hidden, RandomKey key, DType dtype) {
    Given.given("LstmCell", "key", key);
    super(in, hidden, dtype);
    List<RandomKey> keys = key.split(4);
    Wi = gate(keys.get(0));
    Wg = gate(keys.get(1));
    Wf = gate(keys.get(2));
    Wo = gate(keys.get(3));
  }

  @Override
  public Tensor update(Tensor x) {
    Given.given("LstmCell.update", "x", x);
    Tensor xh = join(x, h.value());
    Tensor input = Wi.update(xh).sigmoid().mul(Wg.update(xh).tanh());
    Tensor memory = Wf.update(xh).add(1).sigmoid().mul(c.value()).add(input);
    Tensor next = Wo.update(xh).sigmoid().mul(memory.tanh());
    c.set(memory);
    h.set(next);
    return next;
  }
}
