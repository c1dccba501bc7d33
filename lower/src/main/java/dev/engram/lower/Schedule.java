package dev.engram.lower;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The order of kernels: by slot, and in a slot by turn. A kernel moved into a slot comes last in
 * it.
 */
final class Schedule {
  private static final Comparator<Kernel> ORDER =
      Comparator.<Kernel>comparingInt(k -> k.slot).thenComparingInt(k -> k.turn);

  private final List<Kernel> kernels = new ArrayList<>();
  private int turns;

  void append(Kernel k) {
    k.slot = kernels.size();
    kernels.add(k);
  }

  static boolean before(Kernel a, Kernel b) {
    return ORDER.compare(a, b) < 0;
  }

  /**
   * Moves {@code k} behind all of {@code sources}, if it must and can.
   *
   * @return false when a reader of {@code k} runs too early for that
   */
  boolean runAfter(Kernel k, Iterable<Kernel> sources) {
    Kernel latest = k;
    for (Kernel s : sources) {
      latest = before(latest, s) ? s : latest;
    }
    if (latest == k) {
      return true;
    }
    for (Kernel r : k.readers) {
      if (r.slot <= latest.slot) {
        return false;
      }
    }
    k.slot = latest.slot;
    k.turn = ++turns;
    return true;
  }

  List<Kernel> order() {
    return kernels.stream().sorted(ORDER).toList();
  }
}
