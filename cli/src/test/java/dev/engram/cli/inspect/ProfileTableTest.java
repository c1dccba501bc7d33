package dev.engram.cli.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.cli.text.Quantity;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The text of a profile. */
class ProfileTableTest {
  private static final RecordedProfile.Program STEP =
      new RecordedProfile.Program("step", 3, "cpu", 4, 4_000_000_000L, 1000, 1_234_567, 999);

  private static RecordedProfile.Nest nest(
      int place, String label, String where, long calls, long nanos, long bytes) {
    return new RecordedProfile.Nest("step", 3, place, label, where, calls, nanos, bytes, 0);
  }

  private static final List<RecordedProfile.Nest> NESTS =
      List.of(
          nest(1, "dot+add+tanh", "GruNet.java:21", 280, 2_400_000_000L, 30_000_000_000L),
          nest(0, "mul+mul+add", "GruNet.java:22", 40, 1_000_000_000L, 500_000),
          nest(2, "copy", "", 4, 4_000, 64));

  @Test
  void numbersAreAlignedAndTheRestIsSummedUp() {
    assertEquals(
        """
        recorded 5.00 s, 80.0% of it in programs
        @step on cpu: 4 runs of 1.00 s; arena 1.00 kB, inputs 1.23 MB, outputs 999 B

         share     time  calls  per call    bytes  GB/s  nest              line
         60.0%   2.40 s    280   8.57 ms  30.0 GB  12.5  dot+add+tanh      GruNet.java:21
         25.0%   1.00 s     40   25.0 ms   500 kB  0.00  mul+mul+add       GruNet.java:22
          0.0%  4.00 µs      4   1.00 µs     64 B  0.02  copy
         15.0%   600 ms      4    150 ms                 outside of nests
        100.0%   4.00 s      4    1.00 s  30.0 GB  7.50  total
        """,
        new ProfileTable(new RecordedProfile(Optional.of(5_000_000_000L), List.of(STEP), NESTS), 9)
            .toString());
    assertEquals(
        """
        @step on cpu: 4 runs of 1.00 s; arena 1.00 kB, inputs 1.23 MB, outputs 999 B

         share    time  calls  per call    bytes  GB/s  nest              line
         60.0%  2.40 s    280   8.57 ms  30.0 GB  12.5  dot+add+tanh      GruNet.java:21
         25.0%  1.00 s     44   22.7 ms   500 kB  0.00  2 more nests
         15.0%  600 ms      4    150 ms                 outside of nests
        100.0%  4.00 s      4    1.00 s  30.0 GB  7.50  total
        """,
        new ProfileTable(new RecordedProfile(Optional.empty(), List.of(STEP), NESTS), 1)
            .toString());
  }

  /** Programs of one name are told apart, and long names cut; nothing is wider than a terminal. */
  @Test
  void manyProgramsFitIntoTheWidth() {
    List<RecordedProfile.Program> programs =
        IntStream.range(0, 9)
            .mapToObj(
                i ->
                    new RecordedProfile.Program(
                        i < 2 ? "same" : "aProgramWithALongName" + i, i, "cpu", 1, 90 - i, 0, 0, 0))
            .toList();
    List<RecordedProfile.Nest> nests =
        IntStream.range(0, 9)
            .mapToObj(
                i ->
                    new RecordedProfile.Nest(
                        programs.get(i).name(),
                        i,
                        0,
                        "mul+mul+mul+add+mul+…",
                        "AVeryLongClassName" + i + ".java:1234",
                        123_456_789,
                        80 - i,
                        1,
                        0))
            .toList();
    String text =
        new ProfileTable(new RecordedProfile(Optional.empty(), programs, nests), 20).toString();
    text.lines().forEach(l -> assertTrue(l.length() <= 100, l));
    assertTrue(text.lines().anyMatch(l -> l.length() == 100), text);
    assertTrue(text.contains("\n4 more programs\n"), text);
    assertTrue(text.contains("@same#0 ") && text.contains("@same#1 "), text);
    assertTrue(text.contains("@aProgramWith") && !text.contains("LongName8#8"), text);
    // The columns begin where their heads do.
    List<String> table = text.lines().skip(7).toList();
    int nest = table.getFirst().indexOf("nest");
    assertTrue(nest > 0, text);
    table.subList(1, 10).forEach(l -> assertEquals("mul+", l.substring(nest, nest + 4), text));
  }

  @Test
  void quantitiesHaveThreeDigits() {
    assertEquals("0 ns", Quantity.time(0));
    assertEquals("999 ns", Quantity.time(999.4));
    assertEquals("1.00 µs", Quantity.time(999.6));
    assertEquals("9.99 µs", Quantity.time(9_994));
    assertEquals("10.0 µs", Quantity.time(9_996));
    assertEquals("1.00 ms", Quantity.time(999_600));
    assertEquals("1.00 s", Quantity.time(1e9));
    assertEquals("86400 s", Quantity.time(86_400e9));
    assertEquals("12 B", Quantity.bytes(12));
    assertEquals("1.50 kB", Quantity.bytes(1500));
    assertEquals("9.22 EB", Quantity.bytes(Long.MAX_VALUE));
  }
}
