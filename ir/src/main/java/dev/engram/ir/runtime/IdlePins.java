package dev.engram.ir.runtime;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Pins that no run needs, such as those of compiled code that keeps what it was called with last:
 * who closes or donates a tensor is not refused for them.
 */
public final class IdlePins {
  private static final List<Runnable> HOLDERS = new CopyOnWriteArrayList<>();

  private IdlePins() {}

  /**
   * @param letGo ends the pins of a holder that no run needs; thread-safe
   */
  public static void heldBy(Runnable letGo) {
    HOLDERS.add(letGo);
  }

  /** Ends them all. */
  public static void letGo() {
    HOLDERS.forEach(Runnable::run);
  }
}
