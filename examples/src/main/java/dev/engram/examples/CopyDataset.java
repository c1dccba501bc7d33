package dev.engram.examples;

import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;

/**
 * The copying task, a test of memory. A sequence shows some digits from 1 to 8, then zeros for a
 * while, then the symbol 9, once for each digit; at each 9 the network has to name the next digit.
 *
 * <pre>
 *   input    3 7 1 5 2 8 4 6 1 3   0 0 … 0 0   9 9 9 9 9 9 9 9 9 9
 *   target                                     3 7 1 5 2 8 4 6 1 3
 * </pre>
 */
final class CopyDataset {
  /** Number of digits in a sequence. */
  static final int DIGITS = 10;

  /** Number of different symbols. */
  static final int SYMBOLS = 10;

  private static final int RECALL = 9;

  private final int lag;
  private final int batch;
  private final RandomKey key;
  private int served;

  /**
   * @param lag number of zeros
   * @param batch sequences in a batch
   */
  CopyDataset(int lag, int batch, RandomKey key) {
    this.lag = lag;
    this.batch = batch;
    this.key = key;
  }

  /**
   * A batch. Time is axis 0, so that a loop can run over it.
   *
   * @param inputs one-hot symbols, {@code f32[lag+20, B, 10]}
   * @param targets the digits to name at the last ten steps, {@code i32[10, B]}
   */
  record Batch(Tensor inputs, Tensor targets) {}

  Batch next() {
    Tensor digits =
        RandomTensors.integers(key.foldIn(served++), Shape.of(DIGITS, batch), 1, RECALL);
    Tensor wait = HostTensor.full(TensorType.of(DType.I32, lag, batch), 0);
    Tensor recall = HostTensor.full(TensorType.of(DType.I32, DIGITS, batch), RECALL);
    Tensor symbols = Tensor.concat(0, digits, wait, recall);
    return new Batch(symbols.oneHot(SYMBOLS, DType.F32), digits);
  }
}
