package dev.engram.etrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RuleNamesTest {
  @Test
  void aNameIsARule() {
    Map<String, Rule> want =
        Map.ofEntries(
            Map.entry("d-rtrl", Rule.dRtrl()),
            Map.entry("pp-prop 0.9", Rule.ppProp(Factorization.InputOutput.decay(0.9))),
            Map.entry("pp-prop 0 0.95", Rule.ppProp(new Factorization.InputOutput(0, 0.95))),
            Map.entry("es-d-rtrl 0.5", Rule.ppProp(Factorization.InputOutput.decay(0.5))),
            Map.entry("e-prop 0.8", Rule.eProp(0.8)),
            Map.entry("ostl-recurrent", Rule.ostlRecurrent()),
            Map.entry("ostl-feedforward", Rule.ostlFeedforward()),
            Map.entry("snap 2", Rule.snAp(2)),
            Map.entry("snap 3", Rule.snAp(3)),
            Map.entry("snap-3", Rule.snAp(3)),
            Map.entry("uoro", Rule.uoro()),
            Map.entry("three-factor", Rule.threeFactor()),
            Map.entry("dni", Rule.dni()),
            Map.entry(" rtrl ", Rule.rtrl()));
    want.forEach((name, rule) -> assertEquals(rule, Rule.named(name), name));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "bptt", "D-RTRL", "pp-prop", "pp-prop x", "snap 2.5", "snap", "d-rtrl 0.9"})
  void whatIsNoRuleIsRefusedWithThoseThatAre(String name) {
    EtraceException e = assertThrows(EtraceException.class, () -> Rule.named(name));
    assertTrue(e.getMessage().startsWith("Rule.named: got '" + name + "'"), e.getMessage());
    assertTrue(e.getMessage().contains("'pp-prop DECAY', "), e.getMessage());
    assertTrue(e.getMessage().contains("RuleNamesTest.java:"), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "d-rtl, d-rtrl",
    "D-RTRL, d-rtrl",
    "ppprop 0.9, pp-prop",
    "snapp 2, snap",
    "three-facter, three-factor",
    "ostl-recurent, ostl-recurrent"
  })
  void theNearestNameIsAskedFor(String name, String meant) {
    String e = assertThrows(EtraceException.class, () -> Rule.named(name)).getMessage();
    assertTrue(e.endsWith("; did you mean `" + meant + "`?"), e);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bptt-online", "pp-prop", "snap 2.5", ""})
  void nothingIsAskedWhenNoNameIsNearOrTheNameIsRight(String name) {
    String e = assertThrows(EtraceException.class, () -> Rule.named(name)).getMessage();
    assertFalse(e.contains("did you mean"), e);
  }

  @Test
  void aSettingOutOfRangeIsThatOfTheRule() {
    EtraceException e = assertThrows(EtraceException.class, () -> Rule.named("pp-prop 1.5"));
    assertTrue(e.getMessage().contains("expected 0 <= decay < 1"), e.getMessage());
  }
}
