package dev.engram.state;

import dev.engram.ir.checks.DidYouMean;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/** Chooses which of many paths an error lists. */
public final class PathList {
  private static final int SHOWN = 4;

  private PathList() {}

  /**
   * Lists those of {@code paths} that are most similar to {@code wanted}, and how many more there
   * are.
   */
  public static String like(String wanted, Collection<String> paths) {
    String last = wanted.substring(wanted.lastIndexOf('.') + 1);
    List<String> shown =
        Stream.concat(
                paths.stream().filter(p -> p.equals(last) || p.endsWith("." + last)),
                paths.stream())
            .distinct()
            .limit(SHOWN)
            .toList();
    int more = paths.size() - shown.size();
    return shown + (more > 0 ? " and " + more + " more" : "");
  }

  /** The end of an error about a path that is none of {@code paths}: the one that was meant. */
  public static String fix(String wanted, Collection<String> paths) {
    String hint = DidYouMean.hint(wanted, paths);
    return hint.isEmpty() ? "; paths() lists them" : hint;
  }
}
