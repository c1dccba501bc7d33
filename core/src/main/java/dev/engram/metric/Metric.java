package dev.engram.metric;

import dev.engram.Model;
import dev.engram.State;
import dev.engram.ir.Tensor;

/**
 * A measure that is collected over batches. Its {@code update} takes a batch, {@link #value} is the
 * measure of all since the last {@link #reset}; with none it is NaN.
 *
 * <p>What it keeps are states of kind {@link State.Kind#OTHER}: counts in i64, sums in f64. So all
 * of these can be called inside of {@link dev.engram.Engram#jit} and loops, and outside. Within
 * {@link dev.engram.Vmap} collect the results of the batch instead. No metric has a derivative.
 */
public abstract class Metric extends Model {
  Metric() {}

  /** The measure of everything collected so far. */
  public abstract Tensor value();

  /** Forgets everything collected so far. */
  public final void reset() {
    for (State s : states().values()) {
      s.set(s.value().like(0));
    }
  }
}
