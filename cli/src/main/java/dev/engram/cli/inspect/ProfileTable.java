package dev.engram.cli.inspect;

import dev.engram.cli.text.Quantity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A profile for people: programs, then nests, those with the most time first. */
final class ProfileTable {
  private static final int WIDTH = 100;
  private static final String GAP = "  ";
  private static final String CUT = "…";

  /** A column for the nest keeps at least this width. */
  private static final int LEAST = 8;

  /** Programs above the table; others are only counted. */
  private static final int PROGRAMS = 5;

  private final RecordedProfile profile;
  private final int top;
  private final Map<Long, String> names = new HashMap<>();

  /**
   * @param top so many nests have lines of their own
   */
  ProfileTable(RecordedProfile profile, int top) {
    this.profile = profile;
    this.top = top;
    Map<String, Long> count =
        profile.programs().stream()
            .collect(Collectors.groupingBy(RecordedProfile.Program::name, Collectors.counting()));
    for (RecordedProfile.Program p : profile.programs()) {
      names.put(p.id(), count.get(p.name()) == 1 ? "@" + p.name() : "@" + p.name() + "#" + p.id());
    }
  }

  /**
   * A line of the table.
   *
   * @param cells all but the last two are numbers
   */
  private record Row(List<String> cells) {}

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    profile
        .nanos()
        .ifPresent(
            all ->
                out.append("recorded ")
                    .append(Quantity.time(all))
                    .append(", ")
                    .append(share(profile.inPrograms(), all))
                    .append(" of it in programs\n"));
    List<RecordedProfile.Program> programs = profile.programs();
    programs.stream().limit(PROGRAMS).forEach(p -> out.append(line(p)));
    if (programs.size() > PROGRAMS) {
      out.append(counted(programs.size() - PROGRAMS, "more program")).append('\n');
    }
    return out.append('\n').append(table(rows())).toString();
  }

  private String line(RecordedProfile.Program p) {
    return "%s on %s: %s of %s; arena %s, inputs %s, outputs %s\n"
        .formatted(
            names.get(p.id()),
            p.backend(),
            counted(p.runs(), "run"),
            Quantity.time((double) p.nanos() / Math.max(1, p.runs())),
            Quantity.bytes(p.arenaBytes()),
            Quantity.bytes(p.inputBytes()),
            Quantity.bytes(p.outputBytes()));
  }

  private static String counted(long n, String what) {
    return n + " " + what + (n == 1 ? "" : "s");
  }

  private List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    rows.add(
        row(
            List.of("share", "time", "calls", "per call", "bytes", "GB/s"),
            "program",
            "nest",
            "line"));
    List<RecordedProfile.Nest> nests = profile.nests();
    for (RecordedProfile.Nest n : nests.subList(0, Math.min(top, nests.size()))) {
      rows.add(
          row(
              numbers(n.nanos(), n.calls(), n.bytes()),
              String.valueOf(names.getOrDefault(n.id(), "@" + n.program())),
              n.label(),
              n.where()));
    }
    if (nests.size() > top) {
      List<RecordedProfile.Nest> rest = nests.subList(top, nests.size());
      rows.add(
          row(
              numbers(nanos(rest), calls(rest), bytes(rest)),
              "",
              counted(rest.size(), "more nest"),
              ""));
    }
    long runs = profile.programs().stream().mapToLong(RecordedProfile.Program::runs).sum();
    rows.add(row(numbers(profile.outside(), runs, 0), "", "outside of nests", ""));
    rows.add(row(numbers(profile.inPrograms(), runs, bytes(nests)), "", "total", ""));
    return rows;
  }

  private Row row(List<String> numbers, String program, String nest, String line) {
    Stream<String> texts =
        names.size() > 1 ? Stream.of(program, nest, line) : Stream.of(nest, line);
    return new Row(Stream.concat(numbers.stream(), texts).toList());
  }

  private List<String> numbers(long nanos, long calls, long bytes) {
    boolean moved = bytes > 0;
    return List.of(
        share(nanos, profile.inPrograms()),
        Quantity.time(nanos),
        Long.toString(calls),
        Quantity.time((double) nanos / Math.max(1, calls)),
        moved ? Quantity.bytes(bytes) : "",
        moved && nanos > 0 ? rate((double) bytes / nanos) : "");
  }

  private static String share(long part, long all) {
    return String.format(Locale.ROOT, "%.1f%%", 100.0 * part / Math.max(1, all));
  }

  private static String rate(double gigabytesPerSecond) {
    return String.format(
        Locale.ROOT, gigabytesPerSecond < 10 ? "%.2f" : "%.1f", gigabytesPerSecond);
  }

  private static long nanos(List<RecordedProfile.Nest> nests) {
    return nests.stream().mapToLong(RecordedProfile.Nest::nanos).sum();
  }

  private static long calls(List<RecordedProfile.Nest> nests) {
    return nests.stream().mapToLong(RecordedProfile.Nest::calls).sum();
  }

  private static long bytes(List<RecordedProfile.Nest> nests) {
    return nests.stream().mapToLong(RecordedProfile.Nest::bytes).sum();
  }

  /** Numbers are aligned to the right; texts to the left, cut from the longest where needed. */
  private static String table(List<Row> rows) {
    int columns = rows.getFirst().cells().size();
    int[] width = new int[columns];
    for (Row r : rows) {
      for (int c = 0; c < columns; c++) {
        width[c] = Math.max(width[c], r.cells().get(c).length());
      }
    }
    int numbers = 6;
    int over = GAP.length() * (columns - 1) - WIDTH;
    for (int w : width) {
      over += w;
    }
    for (; over > 0; over--) {
      int longest = numbers;
      for (int c = numbers; c < columns; c++) {
        longest = width[c] > width[longest] ? c : longest;
      }
      if (width[longest] <= LEAST) {
        break;
      }
      width[longest]--;
    }
    StringBuilder out = new StringBuilder();
    for (Row r : rows) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < columns; c++) {
        String cell = cut(r.cells().get(c), width[c]);
        String space = " ".repeat(width[c] - cell.length());
        line.append(c == 0 ? "" : GAP).append(c < numbers ? space + cell : cell + space);
      }
      out.append(line.toString().stripTrailing()).append('\n');
    }
    return out.toString();
  }

  private static String cut(String text, int width) {
    return text.length() <= width ? text : text.substring(0, width - 1) + CUT;
  }
}
