package dev.engram.tests.api;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One thing that is not as it was.
 *
 * @param what the type, and the line that came ({@code +}), went ({@code -}) or changed
 * @param breaks nothing for additions and for what asks less than before
 */
record Difference(String what, Set<Break> breaks) {
  /** Whom it breaks, and when. */
  enum Break {
    /** Classes that use the type do not link or run any more as they did. */
    COMPILED_CALLERS("compiled callers"),
    /** Sources that use the type do not compile any more. */
    SOURCES_OF_CALLERS("sources of callers"),
    /** Subtypes by others do not link any more. */
    COMPILED_IMPLEMENTERS("compiled implementers"),
    /** Sources of subtypes by others do not compile any more. */
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

  /** What breaks something first, as lines. */
  static String text(List<Difference> differences) {
    return differences.stream()
        .sorted((a, b) -> Boolean.compare(a.breaks.isEmpty(), b.breaks.isEmpty()))
        .map(Difference::toString)
        .collect(Collectors.joining("\n"));
  }
}
