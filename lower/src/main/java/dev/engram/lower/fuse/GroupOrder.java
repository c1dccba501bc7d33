package dev.engram.lower.fuse;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The order of groups: by slot, and within a slot by turn. A group that is moved into a slot comes
 * last in it.
 */
public final class GroupOrder {
  private static final Comparator<FusionGroup> ORDER =
      Comparator.<FusionGroup>comparingInt(k -> k.slot).thenComparingInt(k -> k.turn);

  private final List<FusionGroup> groups = new ArrayList<>();
  private int turns;

  void append(FusionGroup k) {
    k.slot = groups.size();
    groups.add(k);
  }

  static boolean before(FusionGroup a, FusionGroup b) {
    return ORDER.compare(a, b) < 0;
  }

  /**
   * Moves {@code k} after all of {@code sources}, if necessary and possible.
   *
   * @return false when a reader of {@code k} runs too early for that
   */
  boolean runAfter(FusionGroup k, Iterable<FusionGroup> sources) {
    FusionGroup latest = k;
    for (FusionGroup s : sources) {
      latest = before(latest, s) ? s : latest;
    }
    if (latest == k) {
      return true;
    }
    for (FusionGroup r : k.readers) {
      if (r.slot <= latest.slot) {
        return false;
      }
    }
    k.slot = latest.slot;
    k.turn = ++turns;
    return true;
  }

  public List<FusionGroup> order() {
    return groups.stream().sorted(ORDER).toList();
  }
}
