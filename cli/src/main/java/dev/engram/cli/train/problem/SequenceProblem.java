package dev.engram.cli.train.problem;

import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.ir.Tensor;
import java.io.PrintStream;
import java.util.List;

/** The content of a {@link SequenceTask} at some settings: a model with its data and its loss. */
public interface SequenceProblem {

  /** Describes the model and its sizes, for the first line of output. */
  String describe();

  /** Returns the model, for one example. */
  Layer model();

  /**
   * Draws a new batch: inputs {@code [T, B, …]} and targets {@code [K, B, …]} of the last K ≤ T
   * steps. The steps before those have no loss.
   */
  Pair<Tensor, Tensor> next();

  /** Encodes inputs, with any number of leading axes, for the model. */
  default Tensor encode(Tensor inputs) {
    return inputs;
  }

  /** Returns the mean loss of one step over the batch, a scalar. */
  Tensor loss(Tensor outputs, Tensor targets);

  /**
   * Returns the metrics that follow the loss.
   *
   * @param outputs of the model, {@code [K, B, …]}
   * @param targets {@code [K, B, …]}
   * @return a scalar each
   */
  List<Tensor> metrics(Tensor outputs, Tensor targets);

  /** Returns reference values to compare the metrics with. */
  default List<Baseline> baselines() {
    return List.of();
  }

  /** Prints what was learned. */
  default void show(PrintStream out) {}
}
