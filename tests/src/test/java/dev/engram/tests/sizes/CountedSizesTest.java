package dev.engram.tests.sizes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.RandomKey;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.GruCell;
import dev.engram.nn.LstmCell;
import dev.engram.spiking.Delay;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Sizes that the library adds up or counts: refused by the exact number, in whose name, and where.
 */
class CountedSizesTest {
  private static final int MAX = Integer.MAX_VALUE;
  private static final RandomKey KEY = RandomKey.of(1);

  private static Arguments of(String who, long number, Executable use) {
    return Arguments.of(who, Long.toString(number), use);
  }

  private static Stream<Arguments> refused() {
    Tensor none = HostTensor.allocate(TensorType.of(DType.F32, 0, MAX));
    return Stream.of(
        of("GruCell: ", MAX + 3L, () -> new GruCell(MAX, 3, KEY)),
        of("LstmCell: ", MAX + 3L, () -> new LstmCell(3, MAX, KEY)),
        of("Delay: ", 2L * MAX, () -> new Delay(MAX, 1, DType.F32)),
        of(
            "forLoop: ",
            (1L << 32) - 1,
            () -> Engram.forLoop(Integer.MIN_VALUE, MAX, (i, x) -> x, none)),
        of("reduce_max: ", MAX, () -> none.max(0)));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void theNumberIsExact(String who, String number, Executable use) {
    String message = assertThrows(EngramException.class, use).getMessage();
    assertTrue(message.startsWith(who), message);
    assertTrue(message.contains(number), message);
    assertTrue(message.contains("CountedSizesTest.java:"), message);
  }

  /** A delay of all elements is one number. */
  @Test
  void aLongDelayIsMade() {
    Delay delay = new Delay(MAX, 0, DType.F32);
    assertEquals(1, delay.states().values().size());
  }

  @Test
  void aLoopCountsBelowZero() {
    Tensor zero = HostTensor.of(new int[] {0}).reshape();
    Tensor sum = Engram.forLoop(-3, 2, (i, x) -> x.add(i), zero);
    assertEquals(-5, sum.host().getDouble(0));
  }
}
