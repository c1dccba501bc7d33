package dev.engram.cli;

import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.ir.Tensor;
import java.io.PrintStream;
import java.util.List;

/** A model with its data and its loss. */
interface SequenceProblem {

  /** The sizes, for the first line of output. */
  String describe();

  /** The model, for one example. */
  Layer model();

  /** A new batch: inputs {@code [T, B, …]} and targets {@code [T, B, …]}. */
  Pair<Tensor, Tensor> next();

  /** The mean loss of one step over the batch, a scalar. */
  Tensor loss(Tensor outputs, Tensor targets);

  /**
   * The metrics after the loss.
   *
   * @param outputs of the model, {@code [T, B, …]}
   * @param targets {@code [T, B, …]}
   * @return a scalar each
   */
  List<Tensor> metrics(Tensor outputs, Tensor targets);

  /** Shows what was learned. */
  default void show(PrintStream out) {}
}
