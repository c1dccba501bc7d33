package dev.engram;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Param;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** A function compiled for one structure and type of its arguments and states. */
final class Specialized {
  private final Traced traced;
  private final Executable code;
  private final BooleanSupplier sameLooks;

  // For each written state: what the last run set it to, and a buffer that nobody holds any more.
  private final List<Optional<HostTensor>> last = new ArrayList<>();
  private final List<Optional<HostTensor>> spare = new ArrayList<>();

  /**
   * @param sameLooks true while what the function saw of states besides their values is the same
   */
  Specialized(Traced traced, Executable code, BooleanSupplier sameLooks) {
    this.traced = traced;
    this.code = code;
    this.sameLooks = sameLooks;
    traced
        .written()
        .forEach(
            _ -> {
              last.add(Optional.empty());
              spare.add(Optional.empty());
            });
  }

  /** True when states still look as they did when the function was traced. */
  boolean fits() {
    if (!sameLooks.getAsBoolean()) {
      return false;
    }
    for (int i = 0; i < traced.captured().size(); i++) {
      if (traced.captured().get(i) instanceof Captured.OfState(State s, int mapped)) {
        Param p = traced.graph().params().get(traced.argCount() + i);
        Optional<Frame.Peek> now = Frame.peek(s);
        if (now.isEmpty() || now.get().mapped() != mapped || !now.get().type().equals(p.type())) {
          return false;
        }
      }
    }
    return true;
  }

  Object run(List<Tensor> leaves) {
    List<HostTensor> args = new ArrayList<>(traced.graph().params().size());
    leaves.forEach(x -> args.add(x.host()));
    // the interpreter may give an operand's own memory as a result, loops and backends never do
    boolean lends = Frame.isOutside() && code instanceof Lowered;
    for (Captured c : traced.captured()) {
      args.add(lends && c instanceof Captured.OfState(State s, int _) ? s.lend() : c.now().host());
    }
    return lends ? recycling((Lowered) code, args) : traced.apply(code.run(args));
  }

  /**
   * Writes the states to the buffers they had two runs ago, where nobody has read them since: a
   * training loop allocates nothing for its states.
   */
  private synchronized Object recycling(Lowered lowered, List<HostTensor> args) {
    int results = traced.resultCount();
    List<TensorType> types = lowered.outTypes();
    List<HostTensor> outs = new ArrayList<>(types.size());
    for (int i = 0; i < types.size(); i++) {
      TensorType type = types.get(i);
      Optional<HostTensor> free = i < results ? Optional.empty() : spare.get(i - results);
      outs.add(free.orElseGet(() -> HostTensor.allocate(type)));
    }
    lowered.run(args, outs);
    for (int i = 0; i < last.size(); i++) {
      State s = traced.written().get(i).state();
      Optional<HostTensor> before = last.get(i);
      boolean free = before.isPresent() && !s.isExposed() && s.holds(before.get());
      spare.set(i, free ? before : Optional.empty());
      last.set(i, Optional.of(outs.get(results + i)));
    }
    return traced.apply(outs);
  }
}
