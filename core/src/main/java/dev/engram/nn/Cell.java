package dev.engram.nn;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.tensor.Moves;
import java.util.Optional;

/**
 * A recurrent layer: hidden states of {@code [hidden]} that each call advances by one step. It
 * accepts {@code [in]}, and {@code [B, in]} when its states have the same leading axes.
 */
public abstract class Cell extends Layer {
  private final int in;
  private final int hidden;
  private final DType dtype;

  protected Cell(int in, int hidden, DType dtype) {
    if (in < 1 || hidden < 1) {
      throw new TypeException(
          getClass().getSimpleName()
              + ": in="
              + in
              + ", hidden="
              + hidden
              + ", expected at least 1 ("
              + SourceLocation.here()
              + ")");
    }
    this.in = in;
    this.hidden = hidden;
    this.dtype = dtype;
  }

  /** Length of the input's last axis. */
  public int in() {
    return in;
  }

  /** Length of the hidden states' last axis. */
  public int hiddenSize() {
    return hidden;
  }

  /** A hidden state that starts at zero. */
  protected State zeroState() {
    TensorType type = TensorType.of(dtype, hidden);
    return hidden(() -> HostTensor.full(type, 0));
  }

  /** A linear layer of input and hidden state: orthogonal weights, bias zero. */
  protected Linear gate(RandomKey key) {
    return new Linear(
        Moves.length(getClass().getSimpleName(), "the axis of input and state", (long) in + hidden),
        hidden,
        key,
        dtype,
        Initializer.orthogonal(),
        Optional.of(Initializer.zeros()));
  }

  /** A linear layer of only the input: orthogonal weights, bias zero. */
  protected Linear ofInput(RandomKey key) {
    return new Linear(
        in, hidden, key, dtype, Initializer.orthogonal(), Optional.of(Initializer.zeros()));
  }

  /** Sets {@code h} and returns its new value. */
  protected static Tensor keep(State h, Tensor next) {
    h.set(next);
    return next;
  }

  /** {@code p a + (1-p) b} */
  protected static Tensor mix(Tensor p, Tensor a, Tensor b) {
    return p.neg().add(1).mul(b).add(p.mul(a));
  }

  /** {@code [x, h]} along the last axis. */
  protected Tensor join(Tensor x, Tensor h) {
    checkInput(x, h);
    return Tensor.concat(h.rank() - 1, x, h);
  }

  /**
   * Checks an input against a hidden state.
   *
   * @throws TypeException when they do not fit together
   */
  protected void checkInput(Tensor x, Tensor h) {
    int r = h.rank();
    boolean fits =
        x.rank() == r
            && x.dtype() == h.dtype()
            && x.dim(-1) == in
            && x.shape().range(0, r - 1).equals(h.shape().range(0, r - 1));
    if (!fits) {
      TensorType want = h.type().with(h.shape().with(r - 1, in));
      String fix =
          x.dtype() != h.dtype()
              ? "convert it with .cast(DType." + h.dtype().name() + ")"
              : x.rank() == r + 1
                  ? "call initAllStates(" + x.dim(0) + "), or wrap the model in a Vmap"
                  : "its last axis is the input, the others are those of the hidden state";
      throw new TypeException(
          getClass().getSimpleName()
              + ": the input has type "
              + x.type()
              + ", expected "
              + want
              + " next to the hidden state "
              + h.type()
              + " ("
              + SourceLocation.here()
              + "); "
              + fix);
    }
  }
}
