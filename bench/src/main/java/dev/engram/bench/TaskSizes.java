package dev.engram.bench;

import java.util.List;

/**
 * Sizes of the copying task.
 *
 * @param lag steps between the digits and their recall
 * @param rate of Adam, and of gradient descent in streams
 * @param seed of the weights and the data
 */
public record TaskSizes(int lag, int batch, int hidden, double rate, long seed) {
  /** Number of digits in a sequence. */
  static final int DIGITS = 10;

  /** Number of different symbols: one-hot inputs and logits. */
  static final int SYMBOLS = 10;

  /** Lag 50, batches of 64, 128 hidden units, rate 1e-3: the sizes for which goals are stated. */
  public static TaskSizes standard() {
    return new TaskSizes(50, 64, 128, 1e-3, 0);
  }

  /** Steps of one sequence. */
  public int steps() {
    return lag + 2 * DIGITS;
  }

  /** Returns the same sizes with sequences of {@code steps}. */
  public TaskSizes withSteps(int steps) {
    return new TaskSizes(steps - 2 * DIGITS, batch, hidden, rate, seed);
  }

  /** Returns the same sizes for so many sequences at a time. */
  TaskSizes withBatch(int sequences) {
    return new TaskSizes(lag, sequences, hidden, rate, seed);
  }

  /** Returns the sizes as options of a child process, ours or the peer's. */
  List<String> options() {
    return List.of(
        "--lag", Integer.toString(lag),
        "--batch", Integer.toString(batch),
        "--hidden", Integer.toString(hidden),
        "--lr", Double.toString(rate),
        "--seed", Long.toString(seed));
  }

  /** Reads {@link #options}; missing ones are those of {@link #standard}. */
  static TaskSizes of(Options o) {
    TaskSizes s = standard();
    return new TaskSizes(
        o.integer("lag", s.lag),
        o.integer("batch", s.batch),
        o.integer("hidden", s.hidden),
        o.number("lr", s.rate),
        o.integer("seed", (int) s.seed));
  }
}
