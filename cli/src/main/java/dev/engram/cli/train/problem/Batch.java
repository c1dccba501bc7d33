package dev.engram.cli.train.problem;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.Arrays;

/**
 * A batch while it is drawn: arrays with a place for each step and each sequence.
 *
 * @param steps of each sequence, T
 * @param size sequences, B
 */
public record Batch(int steps, int size) {
  static Batch of(SequenceTask.Settings settings) {
    return new Batch(settings.steps(), settings.batch());
  }

  /** Numbers {@code f32[T, B, width]}, zero at first. */
  Floats floats(int width) {
    return new Floats(this, width, new float[Sizes.count(steps, size, width)]);
  }

  /** Numbers {@code i32[T, B]}, zero at first. */
  Ints ints() {
    return new Ints(this, new int[Sizes.count(steps, size)]);
  }

  /** The same with other steps. */
  Batch withSteps(int others) {
    return new Batch(others, size);
  }

  /** Numbers {@code f32[T, B, width]}. */
  @SuppressWarnings("ArrayRecordComponent") // filled in place
  record Floats(Batch batch, int width, float[] values) {
    /** Sets a number of sequence {@code b} at step {@code t}. */
    void set(int t, int b, int i, double value) {
      values[(t * batch.size + b) * width + i] = (float) value;
    }

    Tensor tensor() {
      return HostTensor.of(values, batch.steps, batch.size, width);
    }
  }

  /** Numbers {@code i32[T, B]}. */
  @SuppressWarnings("ArrayRecordComponent") // filled in place
  record Ints(Batch batch, int[] values) {
    /** Sets the number of sequence {@code b} at step {@code t}. */
    void set(int t, int b, int value) {
      values[t * batch.size + b] = value;
    }

    /** Sets the number of sequence {@code b} at every step. */
    void fill(int b, int value) {
      for (int t = 0; t < batch.steps; t++) {
        set(t, b, value);
      }
    }

    /** The first steps. */
    Ints first(int steps) {
      return new Ints(batch.withSteps(steps), Arrays.copyOf(values, steps * batch.size));
    }

    Tensor tensor() {
      return HostTensor.of(values, batch.steps, batch.size);
    }
  }
}
