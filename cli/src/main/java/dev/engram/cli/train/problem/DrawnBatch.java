package dev.engram.cli.train.problem;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.Arrays;

/**
 * A batch under construction: arrays with an element for each step of each sequence.
 *
 * @param steps of each sequence, T
 * @param size sequences, B
 */
public record DrawnBatch(int steps, int size) {
  static DrawnBatch of(SequenceTask.Settings settings) {
    return new DrawnBatch(settings.steps(), settings.batch());
  }

  /** Makes numbers {@code f32[T, B, width]}, initially zero. */
  Floats floats(int width) {
    return new Floats(this, width, new float[Requirements.count(steps, size, width)]);
  }

  /** Makes numbers {@code i32[T, B]}, initially zero. */
  Ints ints() {
    return new Ints(this, new int[Requirements.count(steps, size)]);
  }

  /** Returns the same batch with a different number of steps. */
  DrawnBatch withSteps(int others) {
    return new DrawnBatch(others, size);
  }

  /** Numbers {@code f32[T, B, width]}. */
  @SuppressWarnings("ArrayRecordComponent") // filled in place
  record Floats(DrawnBatch batch, int width, float[] values) {
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
  record Ints(DrawnBatch batch, int[] values) {
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

    /** Returns the first steps. */
    Ints first(int steps) {
      return new Ints(batch.withSteps(steps), Arrays.copyOf(values, steps * batch.size));
    }

    Tensor tensor() {
      return HostTensor.of(values, batch.steps, batch.size);
    }
  }
}
