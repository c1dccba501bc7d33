package dev.engram.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.HostTensor;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StreamedNetTest {
  private static final TaskSizes SIZES = new TaskSizes(1, 2, 32, 1e-2, 3);

  /** On the same symbol again and again, as {@link StreamingStep#repeated} has it. */
  @ParameterizedTest
  @EnumSource
  void aNetLearnsFromEachStep(StreamedNet net) {
    StreamingStep step = new StreamingStep(net, SIZES);
    HostTensor x = net.inputs(SIZES, 1, new SplittableRandom(5)).get(0).host();
    HostTensor digit = StreamingStep.digit(SIZES);
    double first = step.apply(x, digit).host().item();
    double last = first;
    for (int i = 0; i < 40; i++) {
      last = step.apply(x, digit).host().item();
    }
    assertTrue(last < first, first + " to " + last);
  }

  @ParameterizedTest
  @EnumSource
  void stepsDiffer(StreamedNet net) {
    HostTensor x = net.inputs(SIZES, 2, new SplittableRandom(5));
    assertNotEquals(x.get(0).host().toString(), x.get(1).host().toString());
    assertEquals(net.input(SIZES).type(), x.get(0).type());
  }

  @ParameterizedTest
  @EnumSource
  void aNetIsFoundByItsWord(StreamedNet net) {
    assertEquals(net, StreamedNet.of(net.word()));
  }

  @Test
  void otherWordsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> StreamedNet.of("gru"));
  }
}
