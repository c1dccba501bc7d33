package dev.engram.tests.profile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/** The events of a recording, read back from its file. */
record Recorded(List<RecordedEvent> events) {
  static final String RUN = "dev.engram.Run";
  static final String NEST = "dev.engram.Nest";
  static final String PROGRAM = "dev.engram.Program";
  static final String COMPILE = "dev.engram.Compile";

  /** Records all events of Engram, and nothing else, while {@code work} runs. */
  static Recorded of(Work work) throws Exception {
    try (Recording r = start()) {
      work.run();
      return stop(r);
    }
  }

  /** What is done while someone records. */
  @FunctionalInterface
  interface Work {
    void run() throws Exception;
  }

  static Recording start() {
    return start("endChunk");
  }

  /**
   * Starts a recording.
   *
   * @param period after which nests are asked for
   */
  static Recording start(String period) {
    Recording r = new Recording();
    for (String name : List.of(RUN, NEST, PROGRAM, COMPILE)) {
      r.enable(name);
    }
    r.enable(NEST).with("period", period);
    r.start();
    return r;
  }

  static Recorded stop(Recording r) {
    r.stop();
    try {
      Path file = Files.createTempFile("engram", ".jfr");
      r.dump(file);
      List<RecordedEvent> all = RecordingFile.readAllEvents(file);
      Files.delete(file);
      return new Recorded(all);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Those of this type and program, in order of time. */
  List<RecordedEvent> of(String type, String program) {
    Predicate<RecordedEvent> fits =
        e -> e.getEventType().getName().equals(type) && e.getString("program").equals(program);
    return events.stream().filter(fits).toList();
  }

  /** The sum of a field over these events. */
  long sum(String type, String program, String field) {
    return of(type, program).stream().mapToLong(e -> e.getLong(field)).sum();
  }

  /** The sum of a field for each nest of a program that was called. */
  Map<Integer, Long> nests(String program, String field) {
    Map<Integer, Long> sums = new TreeMap<>();
    of(NEST, program).forEach(e -> sums.merge(e.getInt("nest"), e.getLong(field), Long::sum));
    return sums;
  }
}
