package dev.engram.lower.profile;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Which programs have run since the Flight Recorder, one for the process, asked last. */
final class ActivePrograms {
  private static final Set<ProgramCounts> ALL = ConcurrentHashMap.newKeySet();

  private ActivePrograms() {}

  /** The counts will be asked for, until {@link ProgramCounts#emit} says that nothing runs. */
  static void add(ProgramCounts counts) {
    ALL.add(counts);
  }

  /** Writes what has happened since the last call. What begins meanwhile adds itself again. */
  static void emit() {
    for (ProgramCounts counts : List.copyOf(ALL)) {
      ALL.remove(counts);
      if (counts.emit()) {
        ALL.add(counts);
      }
    }
  }

  /** Drops what has not been written. */
  static void forget() {
    for (ProgramCounts counts : List.copyOf(ALL)) {
      ALL.remove(counts);
      counts.forget();
    }
  }
}
