package dev.engram;

import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.Trace;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.HostEffect;
import dev.engram.state.StateScope;
import dev.engram.trace.TraceOrRun;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Looking into a program while it runs: printed lines, and hooks that say how far a loop is.
 *
 * <p>They work in traced functions, loops and branches too, on every backend, and come in the order
 * of the code, once for each time that the code runs. In a derivative they tell the values of the
 * function, once, and nothing of tangents and cotangents. Under {@code vmap} a print gives one line
 * for each example whose value it shows, and those that take a branch alone.
 *
 * <p>They cost what they do: the values are brought to memory and handed over on the calling
 * thread. A program without them is not changed. A call whose results nobody uses still prints.
 */
public final class Debug {
  private static final HostTensor FIRST = HostTensor.of(new int[] {0});
  private static final HostTensor YES = HostTensor.of(new boolean[] {true});

  /** Makes the order of notices one of data; every run starts with {@link #FIRST}. */
  private static final State ORDER = State.fixed("order", FIRST);

  private Debug() {}

  /**
   * Prints {@code text} with the values in its places <code>{}</code>, whenever the running program
   * comes here.
   *
   * @throws TypeException when there are more places than values, or fewer
   * @throws EngramException in a rule or an expansion of an op, which may be used anywhere
   */
  public static void print(String text, Tensor... values) {
    Given.all("Debug.print", "values", values);
    tell(new HostEffect.Print(text), List.of(values));
  }

  /**
   * Calls {@code hook} with the step and the values, whenever the running program comes here and
   * the step is a multiple of {@code every}.
   *
   * <p>What the hook throws ends the run, as a {@link dev.engram.ir.RunException} with this line;
   * states then keep their values. The hook must not call the program that is running.
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
   * Runs {@code body}; lines that programs print meanwhile on this thread go to {@code sink}
   * instead of {@link System#out}.
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
      op.tell(operands.stream().map(Tensor::host).toList(), SourceLocation.here());
      return;
    }
    if (!StateScope.isOfUser(trace.get())) {
      throw new EngramException(
          "Debug.print and Debug.progress have no place in a rule or an expansion of an op ("
              + SourceLocation.here()
              + "); put them where the op is used");
    }
    ORDER.set(TraceOrRun.op(op, operands).getFirst());
  }
}
