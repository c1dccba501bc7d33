package dev.engram.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.lower.LoopProgram;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TableTest {

  @Test
  void theMedianOfAnEvenNumberIsTheMeanOfTheTwoInTheMiddle() {
    assertEquals(2.5, Samples.of(4, 1, 3, 2).median());
    assertEquals(3, Samples.of(9, 1, 3).median());
    assertEquals(1, Samples.of(9, 1, 3).min());
    assertEquals(9, Samples.of(9, 1, 3).max());
    assertThrows(IllegalArgumentException.class, Samples::of);
  }

  @Test
  void aRowSaysWhetherItsGoalIsMetAndHowItComparesWithThePeer() {
    Row time =
        Row.of("a", Row.Unit.MS, Samples.of(50, 60, 55))
            .atMost(55)
            .beside(Optional.of(Samples.of(110)));
    assertEquals(Optional.of(true), time.met());
    assertEquals(2, time.factor().orElseThrow());
    assertEquals(Optional.of(false), time.atMost(54.9).met());
    Row rate = Row.of("b", new Row.Unit("GB/s", true), 30).beside(Optional.of(Samples.of(20)));
    assertEquals(1.5, rate.factor().orElseThrow());
    assertEquals(Optional.empty(), rate.met());
    String text = new Table(List.of(time, rate)).markdown();
    assertEquals(4, text.lines().count());
    assertEquals(1, text.lines().mapToInt(String::length).distinct().count());
    assertTrue(text.lines().toList().get(2).contains("<= 55 | yes"), text);
    assertTrue(new Table(List.of(time)).csv().contains("\na,ms,55,50,60,3,<= 55,yes,110"), text);
  }

  @Test
  void numbersHaveThreeDigits() {
    assertEquals("0.0123", Table.number(0.01234));
    assertEquals("1.23", Table.number(1.234));
    assertEquals("12.3", Table.number(12.34));
    assertEquals("1234", Table.number(1234.4));
    assertEquals("7000", Table.number(7000));
    assertEquals("0", Table.number(0));
    assertEquals("0.000000", Table.number(1e-9));
  }

  @Test
  void anAnswerIsReadAsItWasPrinted() {
    Line printed = Line.of("iterations").with("ms", List.of(1.5, 2.0e-7)).with("peak", -1L);
    Line l = Line.parse(printed.toString()).orElseThrow();
    assertEquals(printed, l);
    assertEquals("iterations", l.text("what"));
    assertEquals(List.of(1.5, 2.0e-7), l.numbers("ms"));
    assertEquals(-1, l.number("peak"));
    assertThrows(IllegalArgumentException.class, () -> l.number("other"));
    assertEquals(Optional.empty(), Line.parse("WARNING: using incubator modules"));
  }

  @Test
  void codeIsMeasuredFromTheListing() {
    String listing =
        """
        cpu @step

        nest tanh  // Net.java:3
          row([float, int)void
                0  Load[OP=ALOAD_0, slot=0]
               12  Return[OP=RETURN]
          math(float)float
                0  Load[OP=FLOAD_0, slot=0]
                1  Return[OP=FRETURN]
        """;
    LoopProgram empty = new LoopProgram("step", List.of(), List.of(), List.of(), List.of(), 0);
    assertEquals(new CodeSize(0, 2, 15, 13), CodeSize.of(empty, listing));
  }

  @Test
  void optionsAreChecked() {
    List<String> known = List.of("lag", "quick");
    Options o = Options.of(new String[] {"--quick", "--lag", "5"}, known);
    assertTrue(o.has("quick"));
    assertEquals(5, o.integer("lag", 1));
    assertThrows(
        IllegalArgumentException.class, () -> Options.of(new String[] {"--lagg", "5"}, known));
    assertThrows(
        IllegalArgumentException.class,
        () -> Options.of(new String[] {"--lag", "x"}, known).integer("lag", 1));
  }

  @Test
  void lossesThatAreNotNumbersAreFar() {
    assertEquals(0.5, Agreement.worst(List.of(1.0, 3.0), List.of(1.0, 2.0)));
    assertEquals(
        Double.POSITIVE_INFINITY, Agreement.worst(List.of(1.0, Double.NaN), List.of(1.0, 2.0)));
  }
}
