package dev.engram.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The nets that learn online do learn. */
class OnlineNetTest {
  private static final TaskSizes SIZES = new TaskSizes(1, 16, 64, 1e-2, 3);

  @ParameterizedTest
  @EnumSource
  void theLossIsFiniteAndFalls(OnlineNet net) {
    OnlineTraining training = new OnlineTraining(net, net.checked(SIZES));
    List<Double> losses = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      losses.add(training.run());
    }
    Workbench.learns(net.word(), losses);
  }

  @ParameterizedTest
  @EnumSource
  void aNetIsFoundByItsWord(OnlineNet net) {
    assertEquals(net, OnlineNet.of(net.word()));
  }

  @Test
  void otherWordsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> OnlineNet.of("gru"));
  }
}
