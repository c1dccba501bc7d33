package dev.engram.cli.inspect;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * What a recording of the JDK Flight Recorder tells of programs and their nests, those with the
 * most time first.
 *
 * @param nanos how long it took, where that is known
 */
record RecordedProfile(Optional<Long> nanos, List<Program> programs, List<Nest> nests) {
  private static final String PROGRAM_EVENT = "dev.engram.Program";
  private static final String NEST_EVENT = "dev.engram.Nest";

  /**
   * A program.
   *
   * @param id tells programs of one name apart
   * @param nanos of all runs
   */
  record Program(
      String name,
      long id,
      String backend,
      long runs,
      long nanos,
      long arenaBytes,
      long inputBytes,
      long outputBytes) {
    private Program plus(Program o) {
      return new Program(
          name, id, backend, runs + o.runs, nanos + o.nanos, arenaBytes, inputBytes, outputBytes);
    }
  }

  /**
   * A nest of a program.
   *
   * @param place in the program
   * @param where the user's line, empty where it is not known
   * @param bytes read and written in all calls
   * @param flops in all calls
   */
  record Nest(
      String program,
      long id,
      long place,
      String label,
      String where,
      long calls,
      long nanos,
      long bytes,
      long flops) {
    private Nest plus(Nest o) {
      return new Nest(
          program,
          id,
          place,
          label,
          where,
          calls + o.calls,
          nanos + o.nanos,
          bytes + o.bytes,
          flops + o.flops);
    }
  }

  /** Time of all runs of all programs. */
  long inPrograms() {
    return programs.stream().mapToLong(Program::nanos).sum();
  }

  /** Time of all runs outside of nests. */
  long outside() {
    return Math.max(0, inPrograms() - nests.stream().mapToLong(Nest::nanos).sum());
  }

  /**
   * Records while {@code work} runs.
   *
   * @throws IOException when this JVM cannot record
   */
  static RecordedProfile of(Runnable work) throws IOException {
    if (!FlightRecorder.isAvailable()) {
      throw new IOException("this JVM has no Flight Recorder; use one of OpenJDK");
    }
    Path file = Files.createTempFile("engram", ".jfr");
    try (Recording recording = new Recording()) {
      recording.enable(PROGRAM_EVENT);
      recording.enable(NEST_EVENT);
      recording.start();
      long start = System.nanoTime();
      work.run();
      long nanos = System.nanoTime() - start;
      recording.stop();
      recording.dump(file);
      return new RecordedProfile(Optional.of(nanos), programs(file), nests(file));
    } finally {
      Files.delete(file);
    }
  }

  /**
   * Reads a recording.
   *
   * @throws IOException when the file is none
   */
  static RecordedProfile read(Path file) throws IOException {
    try {
      return new RecordedProfile(Optional.empty(), programs(file), nests(file));
    } catch (IOException e) {
      throw new IOException(file + ": not a recording: " + e.getMessage(), e);
    }
  }

  /** What tells programs and nests apart; a file may have recordings of one process alone. */
  private record Key(long id, long place) {}

  private static List<Program> programs(Path file) throws IOException {
    Map<Key, Program> all = new LinkedHashMap<>();
    for (RecordedEvent e : events(file, PROGRAM_EVENT)) {
      Program p =
          new Program(
              e.getString("program"),
              e.getLong("id"),
              e.getString("backend"),
              e.getLong("runs"),
              e.getLong("time"),
              e.getLong("arenaBytes"),
              e.getLong("inputBytes"),
              e.getLong("outputBytes"));
      all.merge(new Key(p.id(), 0), p, Program::plus);
    }
    return all.values().stream()
        .sorted(Comparator.comparingLong(Program::nanos).reversed())
        .toList();
  }

  private static List<Nest> nests(Path file) throws IOException {
    Map<Key, Nest> all = new LinkedHashMap<>();
    for (RecordedEvent e : events(file, NEST_EVENT)) {
      Nest n =
          new Nest(
              e.getString("program"),
              e.getLong("id"),
              e.getLong("nest"),
              e.getString("label"),
              e.getString("where"),
              e.getLong("calls"),
              e.getLong("time"),
              e.getLong("bytes"),
              e.getLong("flops"));
      all.merge(new Key(n.id(), n.place()), n, Nest::plus);
    }
    return all.values().stream().sorted(Comparator.comparingLong(Nest::nanos).reversed()).toList();
  }

  private static List<RecordedEvent> events(Path file, String type) throws IOException {
    List<RecordedEvent> out = new ArrayList<>();
    try (RecordingFile recording = new RecordingFile(file)) {
      while (recording.hasMoreEvents()) {
        RecordedEvent e = recording.readEvent();
        if (e.getEventType().getName().equals(type)) {
          out.add(e);
        }
      }
    }
    return out;
  }
}
