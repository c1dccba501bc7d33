package dev.engram.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.TypeException;
import org.junit.jupiter.api.Test;

class EarlyStoppingTest {
  @Test
  void stopsAfterLossesThatAreNoBetter() {
    EarlyStopping s = new EarlyStopping(2);
    assertTrue(s.improves(3));
    assertFalse(s.improves(3));
    assertFalse(s.isOver());
    assertTrue(s.improves(2));
    assertFalse(s.improves(Double.NaN));
    assertFalse(s.isOver());
    assertFalse(s.improves(2.5));
    assertTrue(s.isOver());
    assertEquals(2, s.best());
  }

  @Test
  void refusesNoPatience() {
    String e = assertThrows(TypeException.class, () -> new EarlyStopping(0)).getMessage();
    assertTrue(e.startsWith("EarlyStopping: patience=0, expected at least 1 (EarlyStop"), e);
  }
}
