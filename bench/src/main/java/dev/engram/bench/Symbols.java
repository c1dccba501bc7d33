package dev.engram.bench;

import dev.engram.ir.HostTensor;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Batches of the copying task: ten digits 1 to 8, zeros, ten times 9. */
final class Symbols {
  private static final int RECALL = 9;

  private final HostTensor[] batches;
  private int served;

  /**
   * @param n number of different batches, served in turn
   */
  Symbols(TaskSizes sizes, int n) {
    SplittableRandom random = new SplittableRandom(sizes.seed());
    batches = new HostTensor[n];
    for (int i = 0; i < n; i++) {
      batches[i] = batch(sizes, random);
    }
  }

  private static HostTensor batch(TaskSizes sizes, SplittableRandom random) {
    int[] ids = new int[sizes.steps() * sizes.batch()];
    for (int i = 0; i < TaskSizes.DIGITS * sizes.batch(); i++) {
      ids[i] = random.nextInt(1, RECALL);
    }
    Arrays.fill(ids, (sizes.steps() - TaskSizes.DIGITS) * sizes.batch(), ids.length, RECALL);
    return HostTensor.of(ids, sizes.steps(), sizes.batch());
  }

  /** {@code i32[T, B]} */
  HostTensor next() {
    return batches[served++ % batches.length];
  }
}
