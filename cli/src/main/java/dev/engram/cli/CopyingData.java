package dev.engram.cli;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The copying task: ten digits 1 to 8, a delay of zeros, then ten times the symbol 9 that asks for
 * the digits again.
 */
final class CopyingData {
  /** Number of different symbols, one-hot inputs and logits. */
  static final int SYMBOLS = 10;

  private static final int RECALL = 9;

  private final int steps;
  private final int batch;
  private final SplittableRandom random;

  CopyingData(TrainOptions options) {
    steps = options.steps();
    batch = options.batch();
    random = new SplittableRandom(options.seed());
  }

  /** A new batch of symbols, {@code i32[T, B]}; the first ten rows are the targets, too. */
  Tensor next() {
    int[] ids = new int[steps * batch];
    for (int b = 0; b < batch; b++) {
      for (int t = 0; t < TrainOptions.DIGITS; t++) {
        ids[t * batch + b] = random.nextInt(1, RECALL);
      }
    }
    Arrays.fill(ids, (steps - TrainOptions.DIGITS) * batch, ids.length, RECALL);
    return HostTensor.of(ids, steps, batch);
  }
}
