package dev.engram.tests.api;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One difference between two versions.
 *
 * @param what the type, and the line that was added ({@code +}), removed ({@code -}) or changed
 * @param breaks whom the change breaks; empty for additions and relaxations
 */
record Difference(String what, Set<Break> breaks) {
  /** Whom a change breaks, and when. */
  enum Break {
    /** Compiled classes that use the type no longer link or run as before. */
    COMPILED_CALLERS("compiled callers"),
    /** Sources that use the type no longer compile. */
    SOURCES_OF_CALLERS("sources of callers"),
    /** Compiled subtypes of users no longer link. */
    COMPILED_IMPLEMENTERS("compiled implementers"),
    /** Sources of subtypes of users no longer compile. */
    SOURCES_OF_IMPLEMENTERS("sources of implementers");

    private final String words;

    Break(String words) {
      this.words = words;
    }
  }

  static final Set<Break> CALLERS = EnumSet.of(Break.COMPILED_CALLERS, Break.SOURCES_OF_CALLERS);
  static final Set<Break> IMPLEMENTERS =
      EnumSet.of(Break.COMPILED_IMPLEMENTERS, Break.SOURCES_OF_IMPLEMENTERS);

  Difference {
    breaks = breaks.isEmpty() ? EnumSet.noneOf(Break.class) : EnumSet.copyOf(breaks);
  }

  @Override
  public String toString() {
    String effect =
        breaks.isEmpty()
            ? "breaks nothing"
            : breaks.stream().map(b -> b.words).collect(Collectors.joining(", ", "breaks ", ""));
    return what + ": " + effect;
  }

  /** Lists differences as lines, breaking ones first. */
  static String text(List<Difference> differences) {
    return differences.stream()
        .sorted((a, b) -> Boolean.compare(a.breaks.isEmpty(), b.breaks.isEmpty()))
        .map(Difference::toString)
        .collect(Collectors.joining("\n"));
  }
}
