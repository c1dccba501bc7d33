package dev.engram.state;

import dev.engram.ir.RunException;
import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import dev.engram.ir.Tracer;
import dev.engram.ir.runtime.PinnedTensors;
import dev.engram.lower.Device;
import dev.engram.state.StateSlot.Cell;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How values of states are taken and set outside of all traces: those of several states at once, so
 * that every reader sees one version of all.
 */
public final class Publication {
  /** Held while values are taken or set, for some instructions. */
  private static final Object LOCK = new Object();

  /** Threads that wait for the end of an update. */
  private static int waiting;

  /** Counts the changes of all states, so that a program need not check each of its own. */
  private static final AtomicLong CHANGES = new AtomicLong();

  /** Counts the changes of what states look like: whether they have a value, its type and axes. */
  private static final AtomicLong LOOKS = new AtomicLong();

  private Publication() {}

  /** Returns a count that is unchanged as long as no state outside of traces changes. */
  public static long changes() {
    return CHANGES.get();
  }

  /**
   * Returns a count that is unchanged as long as all states outside of traces have values of the
   * same types and with the same mapped axes.
   */
  public static long looks() {
    return LOOKS.get();
  }

  /**
   * Runs {@code body} while no state gets another value. For some instructions of the library's
   * own: it must call no code of users.
   */
  public static <R> R published(Supplier<R> body) {
    synchronized (LOCK) {
      return body.get();
    }
  }

  /**
   * The same, for who looks at the values of the states {@code read}: waits first until no other
   * thread writes one of them in place. That is soon, so an interrupt does not end it.
   */
  public static <R> R settled(List<StateSlot> read, Supplier<R> body) {
    return settled(read, List.of(), body);
  }

  /** The same for a run that sets the states {@code written}, whose turns this thread has. */
  public static <R> R settled(List<StateSlot> read, List<StateSlot> written, Supplier<R> body) {
    StateScope.refuseInRows(read, "is read");
    long thread = Thread.currentThread().threadId();
    synchronized (LOCK) {
      for (int i = 0; i < written.size(); i++) {
        written.get(i).memory().noteWriter(thread);
      }
      boolean settled = true;
      for (int i = 0; i < read.size(); i++) {
        StateMemory m = read.get(i).memory();
        m.noteReader(thread);
        settled &= m.updating() == 0;
      }
      if (!settled) {
        await(read, thread);
      }
      return body.get();
    }
  }

  private static void await(List<StateSlot> read, long thread) {
    boolean interrupted = false;
    waiting++;
    try {
      while (isUpdated(read, thread)) {
        try {
          LOCK.wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      waiting--;
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static boolean isUpdated(List<StateSlot> read, long thread) {
    for (StateSlot s : read) {
      long by = s.memory().updating();
      if (by == thread) {
        throw new RunException(
            s.name()
                + " is read by the code of a program that is writing it; rows must not do that");
      }
      if (by != 0) {
        return true;
      }
    }
    return false;
  }

  private static void wake() {
    if (waiting > 0) {
      LOCK.notifyAll();
    }
  }

  /** Ends the {@link StateMemory#update} of those of {@code states} that nothing is written to. */
  public static void unchanged(List<StateSlot> states) {
    synchronized (LOCK) {
      states.forEach(s -> s.memory().updated());
      wake();
    }
  }

  /** Takes their values from states whose {@link StateMemory#update} has failed. */
  public static void broken(List<StateSlot> states, Throwable cause) {
    synchronized (LOCK) {
      states.forEach(s -> s.memory().fail(cause));
      if (!states.isEmpty()) {
        CHANGES.incrementAndGet();
        LOOKS.incrementAndGet();
      }
      wake();
    }
  }

  /**
   * Sets the values of all these states at once. Only for who has their turns; {@link #look} comes
   * after these.
   */
  public static void publish(List<StateSlot> states, List<Cell> cells) {
    synchronized (LOCK) {
      put(states, cells);
    }
  }

  /** Sets the values. Only while they are {@link #published}. */
  static void put(List<StateSlot> states, List<Cell> cells) {
    boolean changed = false;
    boolean looks = true;
    // Allocates nothing: where memory runs out, all states are set or none.
    for (int i = 0; i < states.size(); i++) {
      StateSlot s = states.get(i);
      if (!s.isFixed()) {
        s.coming(cells.get(i));
        changed = true;
        looks &= s.memory().put(cells.get(i));
      } else {
        PinnedTensors.storage(cells.get(i).value()).abandon(); // it is forgotten
      }
    }
    for (int i = 0; changed && i < states.size(); i++) {
      states.get(i).memory().retire();
    }
    if (changed) {
      CHANGES.incrementAndGet();
    }
    if (!looks) {
      LOOKS.incrementAndGet();
    }
    wake();
  }

  /** Has what watches these states look at their new values. */
  public static void look(List<StateSlot> states) {
    for (int i = 0; i < states.size(); i++) {
      states.get(i).look();
    }
  }

  /** Sets the values of these states at once, when nobody else writes any of them. */
  static void write(List<StateSlot> states, List<Cell> cells) {
    int pinned = 0;
    try {
      for (; pinned < states.size(); pinned++) {
        states.get(pinned).pin(cells.get(pinned));
        expose(cells.get(pinned));
      }
      Turns turns = Turns.of(states);
      turns.take();
      try {
        publish(states, cells);
      } finally {
        turns.leave();
      }
    } finally {
      for (int i = 0; i < pinned; i++) {
        PinnedTensors.storage(cells.get(i).value()).unpin();
      }
    }
    look(states);
  }

  static void expose(Cell c) {
    if (!(c.value() instanceof Tracer)) {
      PinnedTensors.storage(c.value()).expose();
    }
  }

  /**
   * A copy of {@code value}, which is pinned, on {@code device}; to be unpinned. As long as {@code
   * state} has that value, there is one copy on each device.
   */
  static Tensor copy(StateSlot state, Tensor value, Device device) {
    Tensor known = pinnedCopy(state, value, device);
    if (known != null) {
      return known;
    }
    Tensor copy = device.place(value);
    synchronized (LOCK) {
      Tensor other = pinnedCopy(state, value, device);
      Storage mine = PinnedTensors.storage(copy);
      if (other != null) {
        mine.abandon();
        return other;
      }
      mine.pin();
      state.memory().keep(value, copy);
      return copy;
    }
  }

  private static @Nullable Tensor pinnedCopy(StateSlot state, Tensor value, Device device) {
    synchronized (LOCK) {
      Tensor known = state.memory().copy(value, device);
      return known != null && PinnedTensors.storage(known).pin() ? known : null;
    }
  }
}
