package dev.engram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.EngramException;
import dev.engram.nn.GruCell;
import org.junit.jupiter.api.Test;

/** A path that is misspelt is answered with the one that was meant. */
class NearPathsTest {
  private final States states = new GruCell(2, 3, RandomKey.of(1)).states();

  @Test
  void ofStates() {
    String e = assertThrows(EngramException.class, () -> states.get("Wr.wieght")).getMessage();
    assertTrue(e.startsWith("no state Wr.wieght, expected one of ["), e);
    assertTrue(e.endsWith("(NearPathsTest.java:17); did you mean `Wr.weight`?"), e);
  }

  @Test
  void ofGradients() {
    Grads g = Grads.zeros(states.subset(State.Kind.PARAMETER));
    String e = assertThrows(EngramException.class, () -> g.get("Wh.bais")).getMessage();
    assertTrue(e.endsWith("; did you mean `Wh.bias`?"), e);
  }

  @Test
  void othersAreListed() {
    String e = assertThrows(EngramException.class, () -> states.get("readout.scale")).getMessage();
    assertTrue(e.endsWith("; paths() lists them"), e);
    assertEquals(e.indexOf("did you mean"), -1);
  }
}
