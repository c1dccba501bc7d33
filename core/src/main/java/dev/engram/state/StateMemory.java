package dev.engram.state;

import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.lower.Device;
import dev.engram.state.StateSlot.Cell;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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

  private volatile Optional<Cell> cell;

  /** Why it has no value, where a run that wrote it in place has failed. */
  private volatile Optional<Throwable> broken = Optional.empty();

  /** Earlier values, for later ones; some may still be read by slow runs. */
  private final List<Tensor> spares = new ArrayList<>(0);

  /** The thread that set it last; threads are numbered from 1 on. */
  private long writer;

  /** Writes left until it counts as the writer's alone. */
  private int shared;

  /** The thread whose run writes the next value over the value now; 0 for none. */
  private long updating;

  StateMemory() {
    this.fixed = false;
    this.cell = Optional.empty();
  }

  /** That of a fixed state. */
  StateMemory(Tensor value) {
    this.fixed = true;
    this.cell = Optional.of(new Cell(value, 0));
    storage(value).hold();
  }

  private static Storage storage(Tensor value) {
    return Storage.of(value).orElseThrow();
  }

  Optional<Cell> cell() {
    return cell;
  }

  Optional<Throwable> broken() {
    return broken;
  }

  /** True when the value lies on {@code device}; false without a value. */
  public boolean liesOn(Device device) {
    Optional<Cell> now = cell;
    return now.isPresent() && device.holds(now.get().value());
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
   * Begins to write the next value over the value, which the run has pinned, where nobody else can
   * see that and no other thread has read it lately. It ends when the next value is published, or
   * with {@link Publication#unchanged} or {@link Publication#broken}. Only for who has the turn,
   * and while values are {@link Publication#published}.
   *
   * @return whether it has begun; else the value must not be written over
   */
  public boolean update() {
    if (shared > 0) {
      shared--;
      return false;
    }
    if (fixed || cell.isEmpty() || !storage(cell.get().value()).isForOneRun()) {
      return false;
    }
    updating = Thread.currentThread().threadId();
    spares.clear();
    return true;
  }

  /** Ends an {@link #update}. */
  void updated() {
    updating = 0;
  }

  /** The update has failed: there is no value. */
  void fail(Throwable cause) {
    updating = 0;
    broken = Optional.of(cause);
    cell.ifPresent(c -> storage(c.value()).release());
    cell = Optional.empty();
  }

  /** Sets the value of a state that is not fixed. Returns whether it looks as the one before. */
  boolean put(Cell c) {
    updating = 0;
    storage(c.value()).hold();
    Optional<Cell> old = cell;
    writer = Thread.currentThread().threadId();
    if (broken.isPresent()) {
      broken = Optional.empty();
    }
    cell = Optional.of(c);
    if (old.isEmpty()) {
      return false;
    }
    retire(old.get().value());
    return old.get().looksLike(c);
  }

  /** The memory of a value that nobody else can see is there for later ones. */
  private void retire(Tensor old) {
    Storage s = storage(old);
    s.release();
    if (s.isOwned() && !s.isExposed() && !s.isHeld()) {
      if (spares.size() == MOST_SPARES) {
        spares.removeFirst();
      }
      spares.add(old);
    }
  }

  /** Puts {@code copy} in the place of {@code value}, if that is the value still. */
  @SuppressWarnings("ReferenceEquality") // it is about this very value
  boolean move(Tensor value, Tensor copy) {
    if (fixed || updating != 0 || cell.isEmpty() || cell.get().value() != value) {
      return false;
    }
    long last = writer;
    put(new Cell(copy, cell.get().mapped()));
    writer = last;
    return true;
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
      } else if (!pinned) {
        spares.remove(i);
        free = Optional.of(t);
      }
    }
    return free;
  }
}
