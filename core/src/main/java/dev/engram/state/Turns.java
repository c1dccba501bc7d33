package dev.engram.state;

import dev.engram.ir.InterruptedRunException;
import dev.engram.ir.RunException;
import dev.engram.ir.SourceLocation;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The right to write some states, which one thread has at a time: who reads a state to write it
 * back loses no other's update. Readers need no turn.
 */
public final class Turns {
  /** How many turns this thread has: more than none in a hook of a program that sets states. */
  private static final ThreadLocal<int[]> HAD = ThreadLocal.withInitial(() -> new int[1]);

  /** In one order for all, so that two threads never wait for each other. */
  private final List<StateSlot> slots;

  private Turns(List<StateSlot> slots) {
    this.slots = slots;
  }

  /** Those of {@code states}, but for fixed ones, which forget what they are set to. */
  public static Turns of(List<StateSlot> states) {
    if (states.size() == 1 && !states.getFirst().isFixed()) {
      return new Turns(states);
    }
    return new Turns(
        states.stream()
            .filter(s -> !s.isFixed())
            .distinct()
            .sorted(Comparator.comparingLong(StateSlot::number))
            .toList());
  }

  /**
   * Waits for all of them.
   *
   * @throws RunException in the function of a row; and in a hook of a running program that sets
   *     states: when this thread has one of them already, or another thread has one, for which a
   *     hook must not wait
   * @throws InterruptedRunException when the thread is interrupted while it waits
   */
  public void take() {
    int[] had = HAD.get();
    boolean inHook = had[0] > 0;
    for (int i = 0; i < slots.size(); i++) {
      try {
        take(slots.get(i), inHook);
      } catch (Throwable e) {
        leave(i);
        throw e;
      }
      had[0]++;
    }
  }

  private static void take(StateSlot s, boolean inHook) {
    StateScope.refuseInRows(s, "is set");
    ReentrantLock turn = s.turn();
    if (turn.isHeldByCurrentThread()) {
      throw refused(
          s,
          " is written by a program that is running",
          "a hook of that program must not write it: do so when the call has returned");
    }
    if (turn.tryLock()) {
      return;
    }
    if (inHook) {
      throw refused(
          s,
          " is being written by another thread",
          "a hook of a program that sets states must not wait for others: do this when the call"
              + " has returned");
    }
    try {
      turn.lockInterruptibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw InterruptedRunException.waiting(s.describe());
    }
  }

  private static RunException refused(StateSlot s, String what, String fix) {
    return new RunException(s.describe() + what + " (" + SourceLocation.here() + "); " + fix);
  }

  /** Gives all of them back. */
  public void leave() {
    leave(slots.size());
  }

  private void leave(int taken) {
    for (int i = taken - 1; i >= 0; i--) {
      slots.get(i).turn().unlock();
    }
    HAD.get()[0] -= taken;
  }
}
