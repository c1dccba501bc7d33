package dev.engram.tests.sizes;

import dev.engram.ir.TensorType;
import dev.engram.ir.op.Op;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/**
 * A use of an op, with the lengths that its results have by their definition.
 *
 * @param results the lengths of each result
 */
record SizedUse(Op op, List<TensorType> operands, List<List<BigInteger>> results) {
  static final BigInteger MOST_LENGTH = BigInteger.valueOf(Integer.MAX_VALUE);
  static final BigInteger MOST_ELEMENTS = BigInteger.valueOf(Long.MAX_VALUE);

  /** The number that no type can have, where a result has one. */
  Optional<BigInteger> tooLarge() {
    return results.stream().flatMap(dims -> tooLarge(dims).stream()).findFirst();
  }

  /** A length beyond int, else the number of elements where it is beyond long. */
  static Optional<BigInteger> tooLarge(List<BigInteger> dims) {
    return dims.stream()
        .filter(d -> d.compareTo(MOST_LENGTH) > 0)
        .findFirst()
        .or(() -> Optional.of(elements(dims)).filter(n -> n.compareTo(MOST_ELEMENTS) > 0));
  }

  /** The product of the lengths, of those that are not 0: so many strides reach. */
  static BigInteger elements(List<BigInteger> dims) {
    return dims.stream().filter(d -> d.signum() > 0).reduce(BigInteger.ONE, BigInteger::multiply);
  }

  @Override
  public String toString() {
    return op + " of " + operands;
  }
}
