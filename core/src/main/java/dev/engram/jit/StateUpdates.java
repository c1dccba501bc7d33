package dev.engram.jit;

import dev.engram.Captured;
import dev.engram.State;
import dev.engram.TracedFunction;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.runtime.PinnedTensors;
import dev.engram.lower.Device;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Update;
import dev.engram.state.PinnedStates;
import dev.engram.state.Publication;
import dev.engram.state.StateMemory;
import dev.engram.state.StateSlot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * The runs of a program that reads and sets states: each has the values that it reads, and memory
 * for the ones that it computes. What the program writes in place takes the memory of the value
 * itself where nobody else can see that, else that of a copy.
 */
public final class StateUpdates {
  private final List<StateSlot> read;
  private final List<StateSlot> written;

  /** For each written state, which read one it is if the program writes it in place; else -1. */
  private final int[] inPlace;

  /** The first of the program's results that is a state's. */
  private final int first;

  private final List<TensorType> types;
  private final Optional<LoweredCode> code;

  /**
   * @param code what runs; empty for the interpreter, which allocates what it computes
   */
  StateUpdates(
      TracedFunction t, List<StateSlot> read, List<StateSlot> written, Optional<LoweredCode> code) {
    this.read = read;
    this.written = written;
    this.code = code;
    List<TensorType> outs = t.graph().outTypes();
    this.first = t.resultCount();
    this.types = code.isPresent() ? outs.subList(first, outs.size()) : List.of();
    this.inPlace = new int[types.size()];
    for (int i = 0; i < inPlace.length; i++) {
      LoopProgram p = code.orElseThrow().program();
      int input = p.inputs().indexOf(p.outputs().get(first + i));
      inPlace[i] = input < 0 ? -1 : input - t.argCount();
    }
  }

  /** The results of {@code t} that are the next values of parameters, by their numbers. */
  public static List<Update> of(TracedFunction t) {
    List<Update> all = new ArrayList<>();
    for (int i = 0; i < t.written().size(); i++) {
      for (int k = 0; k < t.captured().size(); k++) {
        if (t.captured().get(k) instanceof Captured.OfState(State s, int _)
            && s.equals(t.written().get(i).state())) {
          all.add(new Update(t.argCount() + k, t.resultCount() + i));
        }
      }
    }
    return all;
  }

  private Device device() {
    return code.orElseThrow().device();
  }

  /**
   * Begins a run: only for who has the turns of the written states.
   *
   * @param fits whether the states look as they did when the function was traced
   * @return empty where they do not
   */
  Optional<Run> begin(BooleanSupplier fits) {
    Optional<Run> run =
        Publication.settled(
            read, written, () -> fits.getAsBoolean() ? Optional.of(new Run()) : Optional.empty());
    run.ifPresent(Run::allocate);
    return run;
  }

  /** The result of a run that has failed is nobody's. */
  static void abandon(Tensor result) {
    PinnedTensors.storage(result).abandon();
  }

  /** A run that has begun, and has to be closed. */
  final class Run implements AutoCloseable {
    /** The pinned values; on the device when the run begins. */
    private PinnedStates states;

    /** Memory for the value of each written state; at first only what is there already. */
    private final List<Optional<Tensor>> spares = new ArrayList<>(types.size());

    private final List<Tensor> next = new ArrayList<>(types.size());

    private boolean published;

    /** True from when the program may have begun to write. */
    private boolean writes;

    /** The states whose values it writes over. */
    private List<StateSlot> updated = List.of();

    private Run() {
      states = PinnedStates.now(read);
      for (int i = 0; i < types.size(); i++) {
        spares.add(
            inPlace[i] < 0
                ? written.get(i).memory().spare(types.get(i), device())
                : Optional.empty());
      }
    }

    private void allocate() {
      try {
        if (code.isPresent()) {
          states = states.on(device());
        }
        for (int i = 0; i < types.size(); i++) {
          next.add(inPlace[i] >= 0 ? states.values().get(inPlace[i]) : memory(i));
        }
      } catch (Throwable e) {
        close();
        throw e;
      }
    }

    /** What was there already, or else new memory, for the value of a written state. */
    private Tensor memory(int i) {
      return spares.get(i).orElseGet(() -> code.orElseThrow().output(first + i));
    }

    /** What the read states hold. */
    List<Tensor> values() {
      return states.values();
    }

    /**
     * Memory for the value of each written state, none for the interpreter; for what is written in
     * place the value itself.
     */
    List<Tensor> next() {
      return next;
    }

    /** From now on the run writes in place: puts copies into {@code next} for what others see. */
    void update(List<Tensor> next) {
      List<StateSlot> mine = new ArrayList<>(types.size());
      updated = mine;
      Publication.published(
          () -> {
            for (int i = 0; i < types.size(); i++) {
              StateMemory slot = written.get(i).memory();
              if (inPlace[i] >= 0) {
                boolean over = slot.update(next.get(i));
                if (over) {
                  mine.add(written.get(i)); // at once: it is ended if anything below fails
                }
                spares.set(i, over ? Optional.of(next.get(i)) : slot.spare(types.get(i), device()));
              }
            }
            return mine;
          });
      for (int i = 0; i < types.size(); i++) {
        if (inPlace[i] >= 0) {
          Tensor to = memory(i);
          if (!to.equals(next.get(i))) {
            device().copy(next.set(i, to), to);
          }
        }
      }
      writes = true;
    }

    /** The run has failed: what it may have begun to write over is no value any more. */
    void failed(Throwable why) {
      if (writes) {
        Publication.broken(updated, why);
        updated = List.of();
      }
    }

    /** True where {@code t} is a state's value, rather than memory for the next one. */
    @SuppressWarnings("ReferenceEquality") // it is about this very value
    boolean reads(Tensor t) {
      return states.values().stream().anyMatch(v -> v == t);
    }

    /** The run has ended: all states get their new values at once. */
    void publish(List<StateSlot.Cell> cells) {
      Publication.publish(written, cells);
      published = true;
      updated = List.of();
    }

    @Override
    public void close() {
      if (!updated.isEmpty()) {
        Publication.unchanged(updated);
      }
      for (int i = 0; !published && i < spares.size(); i++) {
        if (inPlace[i] < 0) {
          Optional<Tensor> memory = i < next.size() ? Optional.of(next.get(i)) : spares.get(i);
          memory.ifPresent(StateUpdates::abandon);
        }
      }
      states.close();
    }
  }
}
