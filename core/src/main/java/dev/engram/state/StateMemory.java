package dev.engram.state;

import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.runtime.PinnedTensors;
import dev.engram.lower.Device;
import dev.engram.state.StateSlot.Cell;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The value that a state has outside of all traces, the memory of earlier ones, and who reads and
 * writes it. It changes only while values are {@linkplain Publication#published published}.
 */
public final class StateMemory {
  /** Runs that read slowly keep so many earlier values from being used again. */
  private static final int MOST_SPARES = 3;

  /**
   * So many writes after a thread that does not write it has read a state, it counts as no thread's
   * but the writer's again. A reader waits for a value that is written over at most so seldom.
   */
  private static final int SHARED_WRITES = 1000;

  private final boolean fixed;

  private volatile @Nullable Cell cell;

  /** The value before the last {@link #put}, until it is let go of. */
  private @Nullable Cell retiring;

  /** Why it has no value, where a run that wrote it in place has failed; and how it looked. */
  private volatile @Nullable Throwable broken;

  private volatile StateScope.@Nullable Peek lost;

  /**
   * Earlier values, for later ones; some may still be read by slow runs. Has room for all that it
   * may hold, so that memory never runs out between two values that are published at once.
   */
  private final List<Tensor> spares = new ArrayList<>(MOST_SPARES);

  /** The value on other devices than its own, for who reads it there: at most one on each. */
  private final List<Tensor> copies = new ArrayList<>(0);

  /** The thread that set it last; threads are numbered from 1 on. */
  private long writer;

  /** Writes left until it counts as the writer's alone. */
  private int shared;

  /** The thread whose run writes the next value over the value now; 0 for none. */
  private long updating;

  StateMemory() {
    this.fixed = false;
  }

  /** That of a fixed state. */
  StateMemory(Tensor value) {
    this.fixed = true;
    this.cell = new Cell(value, 0);
    storage(value).hold();
  }

  private static Storage storage(Tensor value) {
    return PinnedTensors.storage(value);
  }

  Optional<Cell> cell() {
    return Optional.ofNullable(cell);
  }

  /** Type and mapped axes of the value, or of the one that was lost to a failed run. */
  Optional<StateScope.Peek> looks() {
    Cell now = cell;
    return now == null
        ? Optional.ofNullable(lost)
        : Optional.of(new StateScope.Peek(now.value().type(), now.mapped()));
  }

  Optional<Throwable> broken() {
    return Optional.ofNullable(broken);
  }

  /** The copy on {@code device} of {@code value}; null where that is not the value, or has none. */
  @SuppressWarnings("ReferenceEquality") // it is about this very value
  @Nullable Tensor copy(Tensor value, Device device) {
    Cell now = cell;
    for (int i = 0; now != null && now.value() == value && i < copies.size(); i++) {
      if (device.holds(copies.get(i))) {
        return copies.get(i);
      }
    }
    return null;
  }

  /** Keeps a copy of {@code value} as long as that is the value; does nothing where it is not. */
  @SuppressWarnings("ReferenceEquality") // it is about this very value
  void keep(Tensor value, Tensor copy) {
    Cell now = cell;
    if (now != null && now.value() == value) {
      copies.add(copy);
      storage(copy).hold();
    }
    storage(copy).abandon();
  }

  private void dropCopies() {
    for (int i = copies.size() - 1; i >= 0; i--) {
      storage(copies.remove(i)).release();
    }
  }

  /** The thread whose run writes the next value over the value now; 0 for none. */
  long updating() {
    return updating;
  }

  void noteReader(long thread) {
    if (writer != thread) {
      shared = SHARED_WRITES;
    }
  }

  void noteWriter(long thread) {
    writer = thread;
  }

  /**
   * Begins to write the next value over {@code pinned}, the value that a run has pinned, where that
   * is the value still, nobody else can see it and no other thread has read it lately. It ends when
   * the next value is published, or with {@link Publication#unchanged} or {@link
   * Publication#broken}. Only for who has the turn, and while values are {@link
   * Publication#published}.
   *
   * @return whether it has begun; else {@code pinned} must not be written over
   */
  @SuppressWarnings("ReferenceEquality") // it is about this very value
  public boolean update(Tensor pinned) {
    if (shared > 0) {
      shared--;
      return false;
    }
    Cell now = cell;
    if (fixed || now == null || now.value() != pinned || !storage(pinned).isForOneRun()) {
      return false;
    }
    dropCopies();
    while (!spares.isEmpty()) {
      storage(spares.removeLast()).abandon();
    }
    updating = Thread.currentThread().threadId();
    return true;
  }

  /** Ends an {@link #update}. */
  void updated() {
    updating = 0;
  }

  /** The update has failed: there is no value. */
  void fail(Throwable cause) {
    updating = 0;
    broken = cause;
    Cell old = cell;
    cell = null;
    dropCopies();
    if (old != null) {
      lost = new StateScope.Peek(old.value().type(), old.mapped());
      storage(old.value()).release();
      storage(old.value()).abandon();
    }
  }

  /**
   * Sets the value of a state that is not fixed; {@link #retire} comes after it. Returns whether it
   * looks as the one before.
   */
  boolean put(Cell c) {
    retire(); // a state that stands under two names is put twice
    updating = 0;
    storage(c.value()).hold();
    retiring = cell;
    writer = Thread.currentThread().threadId();
    broken = null;
    lost = null;
    cell = c;
    dropCopies();
    return retiring != null && retiring.looksLike(c);
  }

  /**
   * Lets go of the value before the last {@link #put}: where values change places between states,
   * all of them are put first, so that none seems to be nobody's.
   */
  void retire() {
    Cell old = retiring;
    retiring = null;
    if (old != null) {
      retire(old.value());
    }
  }

  /** The memory of a value that nobody else can see is there for later ones. */
  private void retire(Tensor old) {
    Storage s = storage(old);
    s.release();
    if (s.isOwned() && !s.isExposed() && !s.isHeld() && !s.isGone()) {
      if (spares.size() == MOST_SPARES) {
        storage(spares.removeFirst()).abandon();
      }
      spares.add(old);
    }
  }

  /**
   * Memory for a value that a program is about to compute: that of an earlier value which nobody
   * sees any more. Only for who has the turn, and while values are {@link Publication#published}.
   */
  public Optional<Tensor> spare(TensorType type, Device device) {
    Optional<Tensor> free = Optional.empty();
    for (int i = spares.size() - 1; i >= 0; i--) {
      Tensor t = spares.get(i);
      Storage s = storage(t);
      // Asked first: a run that exposes what it reads does so before it lets it go.
      boolean pinned = s.isPinned();
      if (!t.type().equals(type) || s.isExposed() || s.isGone() || !device.holds(t)) {
        spares.remove(i);
        s.abandon();
      } else if (!pinned) {
        spares.remove(i);
        free = Optional.of(t);
      }
    }
    return free;
  }
}
