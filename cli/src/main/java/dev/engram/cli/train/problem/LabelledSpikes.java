package dev.engram.cli.train.problem;

import dev.engram.Pair;
import dev.engram.ir.Tensor;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/** Draws spike sequences with a label at each step. */
public final class LabelledSpikes {
  private LabelledSpikes() {}

  /** The distribution that one sequence is drawn from. */
  interface Pattern {
    /** Returns the probability that input {@code i} spikes at step {@code t}. */
    double probability(int t, int i);

    /** Returns the label of step {@code t}. */
    int label(int t);
  }

  /**
   * Draws a batch: spikes {@code f32[T, B, inputs]} and labels {@code i32[T, B]}.
   *
   * @param next draws the pattern of the next sequence, before its spikes are drawn
   */
  static Pair<Tensor, Tensor> draw(
      DrawnBatch batch, int inputs, SplittableRandom random, Supplier<Pattern> next) {
    DrawnBatch.Floats spikes = batch.floats(inputs);
    DrawnBatch.Ints labels = batch.ints();
    for (int b = 0; b < batch.size(); b++) {
      Pattern pattern = next.get();
      for (int t = 0; t < batch.steps(); t++) {
        labels.set(t, b, pattern.label(t));
        for (int i = 0; i < inputs; i++) {
          spikes.set(t, b, i, random.nextDouble() < pattern.probability(t, i) ? 1 : 0);
        }
      }
    }
    return new Pair<>(spikes.tensor(), labels.tensor());
  }
}
