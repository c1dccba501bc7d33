package dev.engram.spiking;

import dev.engram.Layer;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.tensor.Moves;
import java.util.Arrays;

/**
 * Returns its input of some steps ago, initially zero. State: {@code past [longest+1, size]}, this
 * step's input first.
 *
 * <p>Backpropagation through time goes through it. For online learning its output is new data: no
 * trace goes through.
 */
public final class Delay extends Layer {
  /** That of each element, or one for all. */
  private final int[] steps;

  private final int size;
  private final State past;

  /** Uses one delay for all elements. */
  public Delay(int size, int steps, DType dtype) {
    this(Ranges.atLeastOne("Delay", "size", size), new int[] {steps}, dtype);
  }

  /**
   * Uses a delay for each element.
   *
   * @param steps {@code [size]}, each at least 0
   */
  public Delay(int[] steps, DType dtype) {
    this(Given.given("Delay", "steps", steps).length, steps, dtype);
  }

  private Delay(int size, int[] steps, DType dtype) {
    if (steps.length == 0 || Arrays.stream(steps).anyMatch(d -> d < 0)) {
      throw new TypeException(
          "Delay: steps "
              + Arrays.toString(steps)
              + ", expected some, none below 0 ("
              + SourceLocation.here()
              + ")");
    }
    this.steps = steps.clone();
    this.size = size;
    int longest = Arrays.stream(steps).max().getAsInt();
    Moves.length("Delay", "the axis of all that is kept", (longest + 1L) * size);
    TensorType type = TensorType.of(dtype, longest + 1, size);
    this.past = State.of(State.Kind.OTHER, () -> HostTensor.full(type, 0));
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [size]}; map over a batch with {@link dev.engram.Vmap}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("Delay.update", "x", x);
    Tensor old = past.value();
    int rows = old.dim(0);
    Tensor next =
        rows == 1 ? x.expandDims(0) : Tensor.concat(0, x.expandDims(0), old.slice(0, 0, rows - 1));
    past.set(next);
    if (Arrays.stream(steps).allMatch(d -> d == steps[0])) {
      return next.get(steps[0]);
    }
    int[] at = new int[size];
    Arrays.setAll(at, i -> steps[i] * size + i);
    return next.reshape(rows * size).take(HostTensor.of(at, size), 0);
  }
}
