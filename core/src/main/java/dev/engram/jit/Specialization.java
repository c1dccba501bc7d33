package dev.engram.jit;

import dev.engram.Captured;
import dev.engram.CompiledGraph;
import dev.engram.State;
import dev.engram.TracedFunction;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Param;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.runtime.Log;
import dev.engram.ir.runtime.PinnedTensors;
import dev.engram.lower.Device;
import dev.engram.state.LostWeights;
import dev.engram.state.PinnedStates;
import dev.engram.state.Publication;
import dev.engram.state.StateScope;
import dev.engram.state.StateSlot;
import dev.engram.state.Turns;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A function compiled for one structure and type of its arguments and states. */
public final class Specialization {
  private final TracedFunction traced;
  private final CompiledGraph code;

  /** What {@link #code} is; null for the interpreter. */
  private final @Nullable LoweredCode lowered;

  private final BooleanSupplier sameLooks;
  private final LostWeights lost;
  private final List<StateSlot> read;
  private final List<StateSlot> written;
  private final Turns turns;
  private final StateUpdates updates;
  private final Donations donations;

  /** {@link Publication#looks} when {@link #fits} was found out. */
  private volatile long checked = -1;

  /** Code that holds the values of the states, for a function that writes none. */
  private final BoundCode bound = new BoundCode();

  /**
   * @param sameLooks true while everything that tracing observed of states besides their values is
   *     unchanged
   * @param donated positions of arguments whose memory this program owns after a call
   */
  public Specialization(
      TracedFunction traced, CompiledGraph code, BooleanSupplier sameLooks, List<Integer> donated) {
    this.traced = traced;
    this.code = code;
    this.lowered = code instanceof LoweredCode c ? c : null;
    this.sameLooks = sameLooks;
    this.lost = LostWeights.of(traced);
    List<State> read = new ArrayList<>();
    for (Captured c : traced.captured()) {
      if (c instanceof Captured.OfState(State s, int _)) {
        read.add(s);
      }
    }
    this.read = StateSlot.of(read);
    this.written =
        StateSlot.of(traced.written().stream().map(TracedFunction.Written::state).toList());
    this.turns = Turns.of(written);
    this.updates = new StateUpdates(traced, this.read, written, Optional.ofNullable(lowered));
    List<TensorType> types = traced.graph().outTypes();
    this.donations =
        new Donations(
            donated,
            types.subList(0, traced.resultCount()),
            Optional.ofNullable(lowered).map(LoweredCode::device));
  }

  /** True when states still have the types and mapped axes that the function was traced with. */
  boolean fits() {
    long looks = Publication.looks();
    if (StateScope.isOutside() && looks == checked) {
      return true;
    }
    boolean fits = looksTheSame();
    if (fits && StateScope.isOutside()) {
      checked = looks;
    }
    return fits;
  }

  private boolean looksTheSame() {
    if (!sameLooks.getAsBoolean()) {
      return false;
    }
    for (int i = 0; i < traced.captured().size(); i++) {
      if (traced.captured().get(i) instanceof Captured.OfState(State s, int mapped)) {
        Param p = traced.graph().params().get(traced.argCount() + i);
        Optional<StateScope.Peek> now = StateScope.peek(s);
        if (now.isEmpty() || now.get().mapped() != mapped || !now.get().type().equals(p.type())) {
          return false;
        }
      }
    }
    return true;
  }

  /** Returns one line for each state that has changed; none when the program {@link #fits}. */
  public List<String> misfits() {
    List<String> out = new ArrayList<>();
    if (!sameLooks.getAsBoolean()) {
      out.add(
          "a state has gained or lost its value, or changed its shape, since the program was"
              + " compiled");
    }
    for (int i = 0; i < traced.captured().size(); i++) {
      if (traced.captured().get(i) instanceof Captured.OfState(State s, int mapped)) {
        TensorType then = traced.graph().params().get(traced.argCount() + i).type();
        Optional<StateScope.Peek> now = StateScope.peek(s);
        if (now.isEmpty()) {
          out.add(StateSlot.of(s).describe() + " has no value, compiled for " + then);
        } else if (!now.get().type().equals(then)) {
          out.add(
              StateSlot.of(s).describe()
                  + " has type "
                  + now.get().type()
                  + ", compiled for "
                  + then);
        } else if (now.get().mapped() != mapped) {
          out.add(
              StateSlot.of(s).describe()
                  + " has "
                  + now.get().mapped()
                  + " mapped axes, compiled for "
                  + mapped);
        }
      }
    }
    return out;
  }

  /**
   * A call, with the states as they are now.
   *
   * @return empty where they no longer look as they did when the function was traced, since {@link
   *     #fits} was asked; nothing has run then
   */
  public Optional<Object> run(List<Tensor> leaves) {
    if (!StateScope.isOutside() || read.size() < traced.captured().size()) {
      List<? extends Tensor> outs = code.runOnDevice(with(leaves, traced.capturedValues()));
      lost.look(outs).ifPresent(Log::warning);
      return Optional.of(traced.apply(outs));
    }
    List<Tensor> results;
    try (PinnedTensors _ = PinnedTensors.of(leaves);
        PlacedTensors args = PlacedTensors.of(leaves, lowered)) {
      results = written.isEmpty() ? reading(args.tensors()) : writing(args.tensors());
    }
    if (results == null) {
      return Optional.empty();
    }
    donations.take(leaves);
    return Optional.of(traced.result().build(results));
  }

  /** Lets go of what it keeps for its next call. */
  void drop() {
    bound.drop();
  }

  private static List<HostTensor> hosts(List<? extends Tensor> tensors) {
    List<HostTensor> all = new ArrayList<>(tensors.size());
    tensors.forEach(x -> all.add(x.host()));
    return all;
  }

  /**
   * A run that sets no state: others may set what it reads meanwhile, and it sees none of that.
   * Returns null where the states do not look as they did.
   */
  private @Nullable List<Tensor> reading(List<Tensor> args) {
    if (read.isEmpty()) {
      return seen(results(args));
    }
    if (lowered != null) {
      BoundCode.Held held = bound.hold();
      if (held == null) {
        held = bound.renew(lowered, this::pinned).orElse(null);
      }
      if (held != null) {
        try (BoundCode.Held h = held) {
          return seen(results(h.code(), args));
        }
      }
    }
    Optional<PinnedStates> now = pinned();
    if (now.isEmpty()) {
      return null;
    }
    try (PinnedStates states = now.get()) {
      return seen(results(with(args, states.values())));
    }
  }

  private static List<Tensor> with(List<Tensor> args, List<Tensor> states) {
    List<Tensor> all = new ArrayList<>(args.size() + states.size());
    all.addAll(args);
    all.addAll(states);
    return all;
  }

  private List<Tensor> seen(List<Tensor> results) {
    lost.look(results).ifPresent(Log::warning);
    return results;
  }

  /** What the states hold now, where the code runs; empty where they do not look as they did. */
  private Optional<PinnedStates> pinned() {
    Optional<PinnedStates> now =
        Publication.settled(
            read, () -> fits() ? Optional.of(PinnedStates.now(read)) : Optional.empty());
    return lowered == null || now.isEmpty() ? now : Optional.of(there(now.get(), lowered.device()));
  }

  private static PinnedStates there(PinnedStates states, Device device) {
    try {
      return states.on(device);
    } catch (Throwable e) {
      states.close();
      throw e;
    }
  }

  /**
   * A run that sets states, which nobody else sets meanwhile. Returns null where they do not look
   * as they did.
   */
  private @Nullable List<Tensor> writing(List<Tensor> args) {
    int n = traced.resultCount();
    List<StateSlot.Cell> cells = new ArrayList<>(written.size());
    List<Tensor> outs;
    Optional<String> warning;
    turns.take();
    try {
      Optional<StateUpdates.Run> begun = updates.begin(this::fits);
      if (begun.isEmpty()) {
        return null;
      }
      try (StateUpdates.Run run = begun.get()) {
        List<Tensor> all = with(args, run.values());
        try {
          outs = lowered == null ? interpreted(all) : results(lowered, all, run);
          for (int i = 0; i < written.size(); i++) {
            cells.add(new StateSlot.Cell(outs.get(n + i), traced.written().get(i).mapped()));
          }
          run.publish(cells);
        } catch (Throwable e) {
          run.failed(e);
          throw e;
        }
        warning = lost.look(outs);
      }
    } finally {
      turns.leave();
    }
    warning.ifPresent(Log::warning);
    Publication.look(written);
    return outs.subList(0, n);
  }

  /** Runs code that sets no state, on all that it reads. */
  private List<Tensor> results(List<Tensor> args) {
    return lowered == null ? interpreted(args) : results(lowered, args);
  }

  private List<Tensor> results(LoweredCode lowered, List<Tensor> args) {
    List<Tensor> outs = donations.results(lowered::output);
    try {
      lowered.run(args, outs, () -> outs);
    } catch (Throwable e) {
      outs.forEach(StateUpdates::abandon);
      throw e;
    }
    return outs;
  }

  private List<Tensor> results(LoweredCode lowered, List<Tensor> args, StateUpdates.Run run) {
    List<Tensor> outs = donations.results(lowered::output);
    int n = outs.size();
    outs.addAll(run.next());
    try {
      lowered.run(
          args,
          outs,
          () -> {
            run.update(outs.subList(n, outs.size()));
            return outs;
          });
    } catch (Throwable e) {
      outs.stream().filter(t -> !run.reads(t)).forEach(StateUpdates::abandon);
      throw e;
    }
    return outs;
  }

  // An interpreter may give an operand's own memory as a result; loops and backends never do.
  private List<Tensor> interpreted(List<Tensor> args) {
    List<HostTensor> in = hosts(args);
    List<HostTensor> outs = donations.apart(hosts(code.runOnDevice(in)), in);
    outs.forEach(x -> x.storage().expose());
    return List.copyOf(outs);
  }
}
