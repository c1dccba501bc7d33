package dev.engram.spiking;

import dev.engram.Layer;
import dev.engram.ir.DType;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.Arrays;

/**
 * Returns its input of some steps ago, initially zero. Delays that are learned: {@link
 * LearnedDelay}, {@link DelayedLinear}.
 *
 * <p>Online learning follows derivatives through it, position by position, so D-RTRL is exact
 * through it. States: {@code past.0 [size]}, this step's input, {@code past.1}, that of the step
 * before, and so on. Weights before it have a trace for each of them: of a rule that has one for
 * each weight, {@code longest + 1} times the memory. With {@link Traces#NONE} no trace goes
 * through, and nothing is kept but the inputs.
 */
public final class Delay extends Layer {
  /** Whether online learning follows derivatives through what is kept. */
  public enum Traces {
    /** Each step that is kept is a hidden state. */
    FOLLOWED,
    /**
     * What is kept is one state {@code past [longest+1, size]} of kind {@code OTHER}.
     * Backpropagation through time goes through it. For online learning what comes out of it is new
     * data, which a warning says unless the input has no derivative ({@code stopGradient}). Map it
     * over a batch with {@link dev.engram.Vmap}.
     */
    NONE
  }

  /** That of each element. */
  private final int[] steps;

  private final Past past;

  /** Uses one delay for all elements, with traces. */
  public Delay(int size, int steps, DType dtype) {
    this(size, steps, dtype, Traces.FOLLOWED);
  }

  /** Uses one delay for all elements. */
  public Delay(int size, int steps, DType dtype, Traces traces) {
    this(Ranges.atLeastOne("Delay", "size", size), new int[] {steps}, dtype, traces);
  }

  /**
   * Uses a delay for each element, with traces.
   *
   * @param steps {@code [size]}, each at least 0
   */
  public Delay(int[] steps, DType dtype) {
    this(steps, dtype, Traces.FOLLOWED);
  }

  /**
   * Uses a delay for each element.
   *
   * @param steps {@code [size]}, each at least 0
   */
  public Delay(int[] steps, DType dtype, Traces traces) {
    this(Given.given("Delay", "steps", steps).length, steps, dtype, traces);
  }

  private Delay(int size, int[] steps, DType dtype, Traces traces) {
    Given.given("Delay", "dtype", dtype);
    Given.given("Delay", "traces", traces);
    if (steps.length == 0 || Arrays.stream(steps).anyMatch(d -> d < 0)) {
      throw new TypeException(
          "Delay: steps "
              + Arrays.toString(steps)
              + ", expected some, none below 0 ("
              + SourceLocation.here()
              + ")");
    }
    this.steps = steps.clone();
    int longest = Arrays.stream(steps).max().getAsInt();
    this.past = new Past("Delay", longest, size, dtype, traces);
  }

  /**
   * {@inheritDoc}
   *
   * @param x {@code [size]}
   * @return {@code [size]}
   */
  @Override
  public Tensor update(Tensor x) {
    Given.given("Delay.update", "x", x);
    return past.push("Delay", x, steps);
  }
}
