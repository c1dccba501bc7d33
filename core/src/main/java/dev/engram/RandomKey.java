package dev.engram;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Source;
import dev.engram.ir.tensor.Moves;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A random key. Equal keys yield equal numbers, on every backend and inside every transformation,
 * so use each key once and {@link #split} it for more.
 *
 * @param words {@code i32[2]}
 */
public record RandomKey(Tensor words) {
  /** Keeps {@link #foldIn} apart from {@link #split}: the fractional digits of the golden ratio. */
  private static final int FOLD = 0x9E3779B9;

  private static final TensorType TYPE = TensorType.of(DType.I32, 2);

  public RandomKey {
    Given.given("RandomKey", "words", words);
    if (words.dtype() != DType.I32 || words.rank() == 0 || words.dim(-1) != 2) {
      throw new TypeException(
          "a random key has type "
              + words.type()
              + ", expected "
              + TYPE
              + " or a stack of such ("
              + SourceLocation.here()
              + ")");
    }
  }

  /** Returns the key of a seed, each of whose 64 bits counts. */
  public static RandomKey of(long seed) {
    return new RandomKey(HostTensor.of(new int[] {(int) seed, (int) (seed >>> 32)}, 2));
  }

  /** Splits this key into {@code n} independent ones; do not use this one afterwards. */
  public List<RandomKey> split(int n) {
    Tensor rows = bits(Moves.shape("split", n, 2));
    return IntStream.range(0, n).mapToObj(i -> new RandomKey(rows.get(i))).toList();
  }

  /** Returns the keys of {@link #split} in one stack, to map or loop over. */
  public RandomKey splitStack(int n) {
    return new RandomKey(bits(Moves.shape("splitStack", n, 2)));
  }

  /** Derives a key from this one and {@code data}, for loops: {@code key.foldIn(step)}. */
  public RandomKey foldIn(int data) {
    return foldIn(HostTensor.of(new int[] {data}));
  }

  /**
   * Derives a key from this one and {@code data}.
   *
   * @param data {@code i32[]}
   */
  public RandomKey foldIn(Tensor data) {
    Given.given("RandomKey.foldIn", "data", data);
    if (!data.type().equals(TensorType.scalar(DType.I32))) {
      throw new TypeException(
          "foldIn: got " + data.type() + ", expected i32[] (" + SourceLocation.here() + ")");
    }
    Tensor fold = HostTensor.of(new int[] {FOLD}, 1);
    Tensor salt = Tensor.concat(0, fold, data.reshape(1));
    return new RandomKey(new RandomKey(words.xor(salt)).bits(Shape.of(2)));
  }

  /** Uniform 32-bit words, {@code i32} of {@code shape}. */
  Tensor bits(Shape shape) {
    return Tensor.apply(new Source.RandomBits(shape), List.of(one())).getFirst();
  }

  /** The words of a single key. */
  Tensor one() {
    if (!words.type().equals(TYPE)) {
      throw new TypeException(
          "a stack of random keys "
              + words.type()
              + " is used as one key, expected "
              + TYPE
              + " ("
              + SourceLocation.here()
              + "); use Engram.vmap, or loop over it");
    }
    return words;
  }
}
