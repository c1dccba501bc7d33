package dev.engram.nn;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.tensor.Moves;
import java.util.List;
import java.util.function.Supplier;

/**
 * A recurrent layer: hidden states of {@code [hidden]} that each call advances by one step. It
 * accepts {@code [in]}, and {@code [B, in]} when its states have the same leading axes.
 */
public abstract class Cell extends Layer {
  private final int in;
  private final int hidden;
  private final CellOptions options;
  private final CellStarts start = new CellStarts();

  /**
   * Standard {@link CellOptions} with this element type.
   *
   * @param in length of the input's last axis
   * @param hidden length of the hidden states' last axis
   */
  protected Cell(int in, int hidden, DType dtype) {
    this(in, hidden, CellOptions.standard().withType(dtype));
  }

  /**
   * A cell whose weights and states are made as {@code options} say.
   *
   * @param in length of the input's last axis
   * @param hidden length of the hidden states' last axis
   */
  protected Cell(int in, int hidden, CellOptions options) {
    Given.given("Cell", "options", options);
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
    this.options = options;
  }

  /** Length of the input's last axis. */
  public int in() {
    return in;
  }

  /** Length of the hidden states' last axis. */
  public int hiddenSize() {
    return hidden;
  }

  /**
   * Makes a hidden state {@code [hidden]} with the initial value of the options. A step reads it by
   * {@link #old}.
   *
   * @param name of the field that holds it
   */
  protected final State state(String name) {
    Given.given("Cell.state", "name", name);
    DType dtype = options.dtype();
    Supplier<Tensor> first =
        () -> options.state().make(RandomKey.of(name.hashCode()), Shape.of(hidden), dtype);
    if (!options.learnsState()) {
      return hidden(first);
    }
    State h = hidden(() -> HostTensor.full(TensorType.of(dtype, hidden), 0));
    start.learn(h, name, first.get());
    return h;
  }

  /** Returns the value of a hidden state at the start of a step; call it once in a step. */
  protected final Tensor old(State h) {
    Given.given("Cell.old", "h", h);
    return start.read(h);
  }

  /** A linear layer of input and hidden state, {@link #join}: orthogonal weights, bias zero. */
  protected final Linear gate(RandomKey key) {
    return gate(in, key);
  }

  /** A linear layer of {@code first} values and the hidden state: orthogonal weights, bias zero. */
  protected final Linear gate(int first, RandomKey key) {
    int rows =
        Moves.length(
            getClass().getSimpleName(), "the axis of input and state", (long) first + hidden);
    Initializer whole = options.weights().orElseGet(Initializer::orthogonal);
    Initializer parts =
        options
            .recurrent()
            .<Initializer>map(r -> (k, shape, dtype) -> stacked(first, whole, r, k, shape, dtype))
            .orElse(whole);
    return new Linear(rows, hidden, key, options.dtype(), parts, options.bias(), byRows(first));
  }

  private static Tensor stacked(
      int first, Initializer whole, Initializer rest, RandomKey key, Shape shape, DType dtype) {
    List<RandomKey> keys = key.split(2);
    int columns = shape.dim(1);
    return Tensor.concat(
        0,
        whole.make(keys.get(0), Shape.of(first, columns), dtype),
        rest.make(keys.get(1), Shape.of(shape.dim(0) - first, columns), dtype));
  }

  private Parametrization byRows(int first) {
    if (options.ofInputs().isEmpty() && options.ofStates().isEmpty()) {
      return Linear.PLAIN;
    }
    Parametrization top = options.ofInputs().orElseGet(Parametrization::none);
    Parametrization rest = options.ofStates().orElseGet(Parametrization::none);
    return new Parametrization() {
      @Override
      public Tensor weight(Tensor raw) {
        return Tensor.concat(
            0, top.weight(raw.slice(0, 0, first)), rest.weight(raw.slice(0, first, raw.dim(0))));
      }

      @Override
      public Tensor raw(Tensor weight) {
        return Tensor.concat(
            0, top.raw(weight.slice(0, 0, first)), rest.raw(weight.slice(0, first, weight.dim(0))));
      }
    };
  }

  /** A linear layer of only the input: orthogonal weights, bias zero. */
  protected final Linear ofInput(RandomKey key) {
    return ofInput(key, Initializer.orthogonal());
  }

  /**
   * A linear layer of only the input, bias zero.
   *
   * @param weights where the options have no initializer
   */
  protected final Linear ofInput(RandomKey key, Initializer weights) {
    Given.given("Cell.ofInput", "weights", weights);
    return new Linear(
        in,
        hidden,
        key,
        options.dtype(),
        options.weights().orElse(weights),
        options.bias(),
        options.ofInputs().orElse(Linear.PLAIN));
  }

  /** tanh, or the activation of the options. */
  protected final Tensor activate(Tensor x) {
    Given.given("Cell.activate", "x", x);
    return options.activation().map(f -> f.apply(x)).orElseGet(x::tanh);
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
