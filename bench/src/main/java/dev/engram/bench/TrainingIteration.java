package dev.engram.bench;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;

/**
 * A training iteration with its weights and optimizer.
 *
 * @param step symbols {@code i32[T, B]} to the loss
 */
record TrainingIteration(Fn1<Tensor, Tensor> step) {

  /** Makes an iteration that is compiled on its first run, like a user's function. */
  static TrainingIteration of(TaskSizes sizes, GradientRule rule) {
    return new TrainingIteration(Engram.jit(new CopyingStep(sizes, rule)));
  }

  /** Trains on one batch; returns the loss. */
  double run(HostTensor symbols) {
    return step.apply(symbols).host().item();
  }
}
