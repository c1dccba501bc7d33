package dev.engram.cli.train.problem;

import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.ir.Tensor;
import java.io.PrintStream;
import java.util.List;

/** A model with its data and its loss. */
public interface SequenceProblem {

  /** The sizes, for the first line of output. */
  String describe();

  /** The model, for one example. */
  Layer model();

  /**
   * A new batch: inputs {@code [T, B, …]} and targets {@code [K, B, …]} of the last K ≤ T steps.
   * The steps before those have no loss.
   */
  Pair<Tensor, Tensor> next();

  /** What the model sees of inputs, which may have any number of axes before their own. */
  default Tensor encode(Tensor inputs) {
    return inputs;
  }

  /** The mean loss of one step over the batch, a scalar. */
  Tensor loss(Tensor outputs, Tensor targets);

  /**
   * The metrics after the loss.
   *
   * @param outputs of the model, {@code [K, B, …]}
   * @param targets {@code [K, B, …]}
   * @return a scalar each
   */
  List<Tensor> metrics(Tensor outputs, Tensor targets);

  /** What to compare the metrics with. */
  default List<Baseline> baselines() {
    return List.of();
  }

  /** Shows what was learned. */
  default void show(PrintStream out) {}
}
