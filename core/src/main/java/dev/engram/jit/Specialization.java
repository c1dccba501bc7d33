package dev.engram.jit;

import dev.engram.Captured;
import dev.engram.CompiledGraph;
import dev.engram.State;
import dev.engram.TracedFunction;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Param;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.state.LostWeights;
import dev.engram.state.StateScope;
import dev.engram.state.StateSlot;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** A function compiled for one structure and type of its arguments and states. */
public final class Specialization {
  private final TracedFunction traced;
  private final CompiledGraph code;
  private final BooleanSupplier sameLooks;
  private final LostWeights lost;

  // For each written state: its value after the last run, and a buffer that is free for reuse.
  private final List<Optional<HostTensor>> last = new ArrayList<>();
  private final List<Optional<HostTensor>> spare = new ArrayList<>();

  private final List<Integer> donated;

  /** {@link StateSlot#changes} when {@link #fits} was last established. */
  private long checked = -1;

  /** {@link StateSlot#changes} at the last call, and the code bound since. */
  private long unchanged = -1;

  private Optional<LoweredCode> bound = Optional.empty();

  /** Donated memory, for results of the same type. */
  private final Map<TensorType, Deque<HostTensor>> given = new HashMap<>();

  /**
   * @param sameLooks true while everything that tracing observed of states besides their values is
   *     unchanged
   * @param donated positions of arguments whose memory this program owns after a call
   */
  public Specialization(
      TracedFunction traced, CompiledGraph code, BooleanSupplier sameLooks, List<Integer> donated) {
    this.traced = traced;
    this.code = code;
    this.sameLooks = sameLooks;
    this.donated = donated;
    this.lost = LostWeights.of(traced);
    traced
        .written()
        .forEach(
            _ -> {
              last.add(Optional.empty());
              spare.add(Optional.empty());
            });
  }

  /** True when states still have the types and mapped axes that the function was traced with. */
  boolean fits() {
    long changes = StateSlot.changes();
    if (StateScope.isOutside() && changes == checked) {
      return true;
    }
    boolean fits = looksTheSame();
    if (fits && StateScope.isOutside()) {
      checked = changes;
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

  public Object run(List<Tensor> leaves) {
    List<HostTensor> args = new ArrayList<>(leaves.size());
    leaves.forEach(x -> args.add(x.host()));
    Optional<LoweredCode> bound = bound();
    if (bound.isPresent()) {
      return recycling(bound.get(), args);
    }
    // the interpreter may return an operand's own memory as a result; loops and backends never do
    boolean lends = StateScope.isOutside() && code instanceof LoweredCode;
    for (Captured c : traced.captured()) {
      args.add(
          lends && c instanceof Captured.OfState(State s, int _)
              ? StateSlot.of(s).lend()
              : c.now().host());
    }
    if (lends) {
      return recycling((LoweredCode) code, args);
    }
    List<HostTensor> outs = code.run(args);
    lost.look(outs);
    return traced.apply(outs);
  }

  private Optional<HostTensor> given(TensorType type) {
    Deque<HostTensor> all = given.get(type);
    return all == null ? Optional.empty() : Optional.ofNullable(all.poll());
  }

  /**
   * Returns code with the values of the states bound, where no state has changed since the last
   * call: then a call costs the same for any number of parameters.
   */
  private synchronized Optional<LoweredCode> bound() {
    if (!(code instanceof LoweredCode lowered)
        || !StateScope.isOutside()
        || traced.captured().isEmpty()
        || !traced.written().isEmpty()) {
      return Optional.empty();
    }
    long changes = StateSlot.changes();
    if (changes != unchanged) {
      unchanged = changes;
      bound = Optional.empty();
    } else if (bound.isEmpty()) {
      bound = Optional.of(lowered.bind(states()));
    }
    return bound;
  }

  private List<HostTensor> states() {
    List<HostTensor> out = new ArrayList<>();
    for (Captured c : traced.captured()) {
      out.add(
          c instanceof Captured.OfState(State s, int _) ? StateSlot.of(s).lend() : c.now().host());
    }
    return out;
  }

  /**
   * Runs, writing each state to the buffer that it had two runs ago unless that has been read
   * since: a training loop allocates nothing for its states.
   */
  private synchronized Object recycling(LoweredCode lowered, List<HostTensor> args) {
    int results = traced.resultCount();
    List<TensorType> types = lowered.outTypes();
    List<HostTensor> outs = new ArrayList<>(types.size());
    for (int i = 0; i < types.size(); i++) {
      TensorType type = types.get(i);
      Optional<HostTensor> free = i < results ? given(type) : spare.get(i - results);
      outs.add(free.orElseGet(() -> HostTensor.allocate(type)));
    }
    lowered.run(args, outs);
    lost.look(outs);
    for (int i : donated) {
      HostTensor arg = args.get(i);
      // One tensor may be passed twice, and mapped files are read-only.
      if (!arg.isDonated() && !arg.segment().isReadOnly()) {
        given.computeIfAbsent(arg.type(), _ -> new ArrayDeque<>()).add(arg.donate());
      }
    }
    for (int i = 0; i < last.size(); i++) {
      State s = traced.written().get(i).state();
      Optional<HostTensor> before = last.get(i);
      boolean free =
          before.isPresent() && !StateSlot.of(s).isExposed() && StateSlot.of(s).holds(before.get());
      spare.set(i, free ? before : Optional.empty());
      last.set(i, Optional.of(outs.get(results + i)));
    }
    return traced.apply(outs);
  }
}
