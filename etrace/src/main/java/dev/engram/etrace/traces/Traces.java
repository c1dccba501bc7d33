package dev.engram.etrace.traces;

import dev.engram.etrace.TraceState;
import dev.engram.etrace.signal.GradientSums;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How a rule remembers the influence of weights on hidden states. */
public interface Traces {

  /** Returns the states that are carried from step to step. */
  List<TraceState> states();

  /** Returns the hidden states whose learning signal is needed. */
  Set<Integer> followed();

  /** Returns the new values of {@link #states}, from the old ones. */
  List<Tensor> update(StepCopy copy, List<Tensor> old);

  /**
   * Adds the gradients of the traces: the influence of each weight on each followed state, times
   * the state's learning signal.
   *
   * @param copy holds at least the weights; all of the step for traces without {@link #states}
   */
  void credit(
      StepCopy copy, Map<Integer, Tensor> signals, List<Tensor> traces, GradientSums gradients);
}
