package dev.engram.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
  private long now;

  private ProgressBar bar(Terminal terminal, long total) {
    return new ProgressBar(terminal, "BPTT", total, () -> now);
  }

  private static List<String> drawn(Streams streams) {
    return Arrays.stream(streams.err().split("[\r\n]")).filter(text -> !text.isBlank()).toList();
  }

  @Test
  void aTerminalGetsOneLineThatIsDrawnOver() {
    Streams streams = new Streams();
    Terminal terminal = streams.terminal(true, 100);
    try (ProgressBar bar = bar(terminal, 200)) {
      for (int i = 1; i <= 120; i++) {
        now += 100_000_000;
        bar.update(i, 2.0812);
      }
    }
    assertEquals(
        "BPTT [██████████████████░░░░░░░░░░░░] 120/200  10.0 it/s  ETA 0:08  loss 2.0812",
        drawn(streams).getLast().stripTrailing());
    assertTrue(streams.err().startsWith("\r") && streams.err().endsWith("\n"));
    assertEquals(1, streams.err().chars().filter(c -> c == '\n').count());
    assertFalse(streams.err().contains("\u001b"));
    assertEquals("", streams.out());
  }

  @Test
  void itIsDrawnAtMostTenTimesASecond() {
    Streams streams = new Streams();
    ProgressBar bar = bar(streams.terminal(true, 100), 10_000);
    for (int i = 1; i <= 5000; i++) {
      now += 1_000_000;
      bar.update(i, 1);
    }
    int draws = drawn(streams).size();
    assertTrue(draws >= 49 && draws <= 51, "drawn " + draws + " times in 5 s");
  }

  @Test
  void elsewhereALineAppearsAtEveryTenthOfTheWay() {
    Streams streams = new Streams();
    try (ProgressBar bar = bar(streams.terminal(false, 80), 200)) {
      for (int i = 1; i <= 200; i++) {
        now += 50_000_000;
        bar.update(i, 2.5 / i);
      }
    }
    List<String> lines = streams.err().lines().toList();
    assertEquals(10, lines.size());
    assertEquals("BPTT:  20/200  20.0 it/s  ETA 0:09  loss 0.1250", lines.getFirst());
    assertEquals("BPTT: 200/200  20.0 it/s  in 0:10  loss 0.0125", lines.getLast());
    assertFalse(streams.err().contains("\r") || streams.err().contains("\u001b"));
  }

  @Test
  void fewIterationsGiveFewLines() {
    Streams streams = new Streams();
    try (ProgressBar bar = bar(streams.terminal(false, 80), 3)) {
      for (int i = 1; i <= 3; i++) {
        bar.update(i, Double.NaN);
      }
    }
    assertEquals(List.of("BPTT: 1/3", "BPTT: 2/3", "BPTT: 3/3"), streams.err().lines().toList());
  }

  @Test
  void theLineIsShorterThanTheTerminalIsWide() {
    for (int columns : new int[] {1, 10, 40, 60, 80, 300}) {
      Streams streams = new Streams();
      try (ProgressBar bar = bar(streams.terminal(true, columns), 1_000_000)) {
        now += 1_000_000_000;
        bar.update(999_999, 123.4567);
        now += 1_000_000_000;
        bar.update(1_000_000, 1);
      }
      assertTrue(
          drawn(streams).stream().allMatch(line -> line.length() < Math.max(2, columns)),
          streams.err());
    }
  }

  @Test
  void otherLinesDoNotTearTheBar() {
    Streams streams = new Streams();
    Terminal terminal = streams.terminal(true, 100);
    ProgressBar bar = bar(terminal, 10);
    now += 1_000_000_000;
    bar.update(1, 2.3);
    bar.println(terminal.err(), "iteration 0: loss 2.3000");
    List<String> lines = streams.err().lines().toList();
    String beforeTheText = lines.getFirst();
    assertTrue(beforeTheText.isBlank() || beforeTheText.startsWith("BPTT ["), beforeTheText);
    assertTrue(lines.contains("iteration 0: loss 2.3000"), streams.err());
    assertTrue(lines.getLast().startsWith("BPTT ["), streams.err());
  }

  @Test
  void aTerminalWithoutBlocksGetsAscii() {
    Streams streams = new Streams(StandardCharsets.US_ASCII);
    try (ProgressBar bar = bar(streams.terminal(true, 80), 2)) {
      now += 1_000_000_000;
      bar.update(1, 1);
    }
    assertTrue(streams.err().contains("[##"), streams.err());
    assertFalse(streams.err().contains("?"), streams.err());
  }

  @Test
  void aTotalOfNothingIsRefused() {
    Terminal terminal = new Streams().terminal(false, 80);
    assertThrows(IllegalArgumentException.class, () -> bar(terminal, 0));
  }
}
