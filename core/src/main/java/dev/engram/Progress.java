package dev.engram;

import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.HostEffect;
import java.util.List;
import java.util.Optional;

/**
 * Reports the progress of a loop, also from inside a compiled one. It counts the steps in a state
 * of its own, and starts again after the last one.
 *
 * <pre>{@code
 * Progress progress = new Progress(1000, 100, (step, values) -> bar.show(step, values.getFirst().item()));
 * Engram.scan((w, x) -> { ...; progress.step(loss); ... }, w, xs);
 * }</pre>
 */
public final class Progress {
  private final int total;
  private final int every;
  private final HostEffect.Callback hook;
  private final State count = State.other(HostTensor.of(new int[] {0}));

  /**
   * Calls {@code hook} in a loop of {@code total} steps: at step 0, at each multiple of {@code
   * every}, and at the last step.
   *
   * @throws TypeException when a number is below 1
   */
  public Progress(int total, int every, HostEffect.Callback hook) {
    Given.given("Progress", "hook", hook);
    if (total < 1 || every < 1) {
      throw new TypeException(
          "Progress: total="
              + total
              + ", every="
              + every
              + ", expected at least 1 ("
              + SourceLocation.here()
              + ")");
    }
    this.total = total;
    this.every = every;
    this.hook = hook;
  }

  /** Counts one step; {@code values} are passed to the hook. */
  public void step(Tensor... values) {
    Given.all("Progress.step", "values", values);
    Tensor now = count.value();
    Debug.progress(now, every, Optional.of(total), hook, List.of(values));
    count.set(now.add(1).rem(HostTensor.full(now.type(), total)));
  }
}
