package dev.engram.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.etrace.EtraceException;
import dev.engram.etrace.Factorization.InputOutput;
import dev.engram.nn.GruCell;
import org.junit.jupiter.api.Test;

/** A decay cannot be mistaken for a rank, nor a rank for a decay. */
class PpPropTest {
  private static final Layer MODEL = new GruCell(2, 3, RandomKey.of(0));

  // (19 - 1) / (19 + 1)
  @Test
  void ranksHaveANameOfTheirOwn() {
    assertEquals(new InputOutput(0.9, 0.9), PpProp.ofRank(MODEL, 19).rule().factorization());
    assertEquals(new InputOutput(0.9, 0.9), EsDRtrl.ofRank(MODEL, 19).rule().factorization());
    assertEquals(new InputOutput(0.9, 0.9), new PpProp<>(MODEL, 0.9).rule().factorization());
  }

  @Test
  void aWholeNumberIsADecayAndRefused() {
    for (int rank : new int[] {1, 20}) {
      String e = assertThrows(EtraceException.class, () -> new PpProp<>(MODEL, rank)).getMessage();
      assertTrue(e.startsWith("the decay of the input side is " + rank + ".0, expected 0 <="), e);
      assertTrue(e.contains("(PpPropTest.java:") && e.contains("PpProp.ofRank(model, 20)"), e);
    }
  }
}
