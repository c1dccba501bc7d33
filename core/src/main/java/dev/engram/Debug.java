package dev.engram;

import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.Trace;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.runtime.PinnedTensors;
import dev.engram.state.StateScope;
import dev.engram.trace.TraceOrRun;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Shows what a program does while it runs: prints values, and calls hooks that report the progress
 * of a loop.
 *
 * <p>Both also work in traced functions, loops and branches, on every backend. They take effect in
 * program order, once for each time that the code runs. Under a derivative they report the values
 * of the function once, and nothing for tangents and cotangents. Under {@code vmap} a print writes
 * one line for each example whose value it shows; inside a branch, only for the examples that take
 * it.
 *
 * <p>The cost is that of the effect: the values are written to memory and handed over on the
 * calling thread. A program without them is unchanged. A call still prints when its results are not
 * used.
 */
public final class Debug {
  private static final HostTensor FIRST = HostTensor.of(new int[] {0});
  private static final HostTensor YES = HostTensor.of(new boolean[] {true});

  /**
   * The effect token, which turns the order of effects into a data dependence; starts at {@link
   * #FIRST}.
   */
  private static final State ORDER = State.fixed("order", FIRST);

  private Debug() {}

  /**
   * Prints {@code text}, with the values in place of each <code>{}</code>, whenever the running
   * program gets here.
   *
   * @throws TypeException when the number of placeholders is not that of the values
   * @throws EngramException inside a rule or an expansion of an op, which may run in other places
   */
  public static void print(String text, Tensor... values) {
    Given.all("Debug.print", "values", values);
    tell(new HostEffect.Print(text), List.of(values));
  }

  /**
   * Calls {@code hook} with the step and the values, whenever the running program gets here and the
   * step is a multiple of {@code every}.
   *
   * <p>An exception of the hook ends the run as a {@link dev.engram.ir.RunException} that names
   * this line; states then keep their values. The hook must not call the program that is running.
   *
   * @param step a scalar integer, such as the counter of a loop
   * @param every at least 1
   */
  public static void progress(Tensor step, int every, HostEffect.Callback hook, Tensor... values) {
    Given.given("Debug.progress", "step", step);
    Given.all("Debug.progress", "values", values);
    progress(step, every, Optional.empty(), hook, List.of(values));
  }

  static void progress(
      Tensor step,
      int every,
      Optional<Integer> total,
      HostEffect.Callback hook,
      List<Tensor> values) {
    List<Tensor> all = new ArrayList<>();
    all.add(step);
    all.addAll(values);
    if (every < 1) {
      throw new TypeException(
          "progress: every=" + every + ", expected at least 1 (" + SourceLocation.here() + ")");
    }
    tell(new HostEffect.Progress(new HostEffect.Hook("hook", hook), every, total), all);
  }

  /**
   * Runs {@code body}, and sends the lines that programs print on this thread meanwhile to {@code
   * sink} instead of {@link System#out}.
   */
  public static void to(Consumer<String> sink, Runnable body) {
    Given.given("Debug.to", "body", body);
    Given.given("Debug.to", "sink", sink);
    HostEffect.to(sink, body);
  }

  private static void tell(HostEffect op, List<Tensor> values) {
    List<Tensor> operands = new ArrayList<>();
    Optional<Trace> trace = Trace.current();
    operands.add(trace.isPresent() ? ORDER.value() : FIRST);
    operands.add(YES);
    operands.addAll(values);
    try {
      op.typeOf(operands.stream().map(Tensor::type).toList());
    } catch (TypeException e) {
      throw new TypeException(e.getMessage() + " (" + SourceLocation.here() + ")", e);
    }
    if (trace.isEmpty()) {
      List<HostTensor> in = operands.stream().map(Tensor::host).toList();
      try (PinnedTensors _ = PinnedTensors.of(in)) {
        op.tell(in, SourceLocation.here());
      }
      return;
    }
    if (!StateScope.isOfUser(trace.get())) {
      throw new EngramException(
          "Debug.print and Debug.progress cannot be used in a rule or an expansion of an op ("
              + SourceLocation.here()
              + "); put them where the op is used");
    }
    ORDER.set(TraceOrRun.op(op, operands).getFirst());
  }
}
