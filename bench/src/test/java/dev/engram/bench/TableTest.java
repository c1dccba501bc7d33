package dev.engram.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.lower.LoopProgram;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
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

  /** The ranks of Conover's table A3 and of R's {@code qbinom(0.025, n, 0.5)}. */
  @Test
  void theIntervalOfAMedianIsOfPlacesInTheOrder() {
    assertEquals(Optional.empty(), countingTo(5).median95());
    assertEquals(Optional.of(new Samples.Interval(1, 6)), countingTo(6).median95());
    assertEquals(Optional.of(new Samples.Interval(2, 9)), countingTo(10).median95());
    assertEquals(Optional.of(new Samples.Interval(6, 15)), countingTo(20).median95());
    assertEquals(Optional.of(new Samples.Interval(10, 21)), countingTo(30).median95());
  }

  private static Samples countingTo(int n) {
    return new Samples(IntStream.rangeClosed(1, n).mapToObj(i -> (double) i).toList());
  }

  /** Ratios that scatter around 1 are not significant, ratios above 1 are. */
  @Test
  void pairsSayWhetherSomethingChanged() {
    double[] before = {10, 11, 12, 10, 11, 13, 10, 12, 11, 10};
    double[] same = {10.1, 10.9, 12.1, 9.9, 11.2, 12.9, 10.1, 11.8, 11.1, 9.95};
    double[] slower = new double[before.length];
    for (int i = 0; i < slower.length; i++) {
      slower[i] = (1.1 + 0.001 * i) * before[i];
    }
    Pairs.Ratio none = Pairs.Ratio.of("a", before, same);
    assertTrue(none.median95().low() < 1 && none.median95().high() > 1, none::toString);
    assertTrue(none.chance() > 0.3, none::toString);
    Pairs.Ratio some = Pairs.Ratio.of("a", before, slower);
    assertEquals(1.1045, some.median(), 1e-12);
    assertEquals(1.101, some.median95().low(), 1e-12);
    assertEquals(1.108, some.median95().high(), 1e-12);
    // All ten differ in one direction: 2 of 2¹⁰ ways.
    assertEquals(2 / 1024.0, some.chance(), 1e-12);
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
    assertTrue(new Table(List.of(time)).csv().contains("\na,ms,55,50,60,,3,<= 55,yes,110"), text);
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
